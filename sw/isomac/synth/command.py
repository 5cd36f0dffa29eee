"""What `isomac synth` does with its options."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from isomac.errors import IsomacError
from isomac.synth.flow import synthesize
from isomac.synth.report import print_result, write_report
from isomac.targets import target as find_target
from isomac_cosim.bundle import open_bundle

REPORT = "synth.json"
#: Clocks that may be asked for, in MHz.
FREQUENCY_MIN, FREQUENCY_MAX = 1, 1000


def run_command(
    folder: Path,
    target_name: str,
    frequency: float | None,
    output: Path | None,
    *,
    seed: int,
    place: bool,
) -> int:
    """Synthesize a bundle for a target, print and write the figures.

    Parameters
    ----------
    folder
        Of the bundle.
    target_name, frequency
        The FPGA, and the MHz that have to be reached; None for none that have to be.
    output
        Folder for the files; None for the bundle's reports.
    seed
        Of the placement.
    place
        Whether to go on after synthesis.

    Returns
    -------
    int
        0; 1 if the accelerator does not fit or misses its timing.

    Raises
    ------
    IsomacError, CosimError
        If the target is unknown, the clock out of range, the bundle damaged, or a tool fails.
    """
    target = find_target(target_name)
    if frequency is not None and not FREQUENCY_MIN <= frequency <= FREQUENCY_MAX:
        raise IsomacError(
            f"the clock must be {FREQUENCY_MIN} to {FREQUENCY_MAX} MHz, not {frequency:g}"
        )
    bundle = open_bundle(folder)
    reports = bundle.reports if output is None else output
    if reports.exists() and not reports.is_dir():
        raise IsomacError(f"{reports} must be a folder: the figures are written to it")
    files = reports / "synth" / target.name
    files.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bar:
        shown = bar.add_task("")
        try:
            result = synthesize(
                bundle,
                target,
                files,
                frequency=frequency,
                seed=seed,
                place=place,
                report=lambda text: bar.update(shown, description=text),
            )
        except KeyboardInterrupt:
            bar.stop()
            console.print(
                f"What was finished is kept in {files}; the same command goes on from there.",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
            raise
    write_report(reports / REPORT, result)
    out = Console()
    print_result(result, out)
    if result.bitstream is not None:
        out.print(
            f"Bitstream: {files / result.bitstream}", markup=False, highlight=False, soft_wrap=True
        )
    out.print(f"Figures: {reports / REPORT}", markup=False, highlight=False, soft_wrap=True)
    return 1 if result.problems else 0
