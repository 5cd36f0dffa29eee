"""`isomac synth`: an accelerator on an FPGA, with its figures and its bitstream."""

from pathlib import Path

import click

from isomac.cli.group import isomac


@isomac.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--target", required=True, metavar="NAME", help="The FPGA, such as ecp5-85f.")
@click.option(
    "--freq",
    type=float,
    metavar="MHZ",
    help="Clock that has to be reached.  [default: one is aimed at, and none has to be]",
)
@click.option(
    "--seed",
    type=click.IntRange(1, 2**31 - 1),
    default=1,
    show_default=True,
    help="Seed of the placement.",
)
@click.option("--synthesis-only", is_flag=True, help="Neither place and route nor a bitstream.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for all files.  [default: BUNDLE/reports]",
)
def synth(
    bundle: Path,
    target: str,
    freq: float | None,
    seed: int,
    synthesis_only: bool,
    output: Path | None,
) -> int:
    """Synthesize the accelerator in the folder BUNDLE for an FPGA, down to a bitstream.

    ECP5, iCE40 and Gowin are placed and routed. For Xilinx the figures are those of synthesis, and
    a project for Vivado is written.

    The figures are printed, and written to synth.json. The exit status is 1 if the accelerator
    does not fit, or misses the clock of --freq. What was finished is kept: after an interruption
    the same command goes on.
    """
    from isomac.synth.command import run_command

    return run_command(bundle, target, freq, output, seed=seed, place=not synthesis_only)
