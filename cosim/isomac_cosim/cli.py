"""Co-simulation as a command: prints the report and returns an exit status."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.errors import CosimError
from isomac_cosim.render import render


def run_cli(
    bundle: Path,
    inputs: int | None = None,
    *,
    mode: str = "fast",
    seed: int = 0,
    stall: float = 0.5,
    load: str = "image",
    wave: bool = False,
    progress: bool = True,
    build_root: Path | None = None,
    console: Console | None = None,
) -> int:
    """Run `cosimulate`, print what it found and return the exit status.

    Returns
    -------
    int
        0 if everything is equal, cycles included; 1 if anything differs; 2 if there was no proof
        because the bundle, an option or a tool is not as it must be.
    """
    console = console or Console()
    try:
        report = cosimulate(
            bundle,
            inputs,
            mode=mode,
            seed=seed,
            stall=stall,
            load=load,
            wave=wave,
            progress=progress,
            build_root=build_root,
        )
    except CosimError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        return 2
    render(report, console)
    return 0 if report.bit_exact and report.cycles_exact else 1
