"""`isomac cosim`: prove that the accelerator of a bundle computes every expected byte."""

from pathlib import Path

import click

from isomac.cli.group import isomac


@isomac.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "-n",
    "--inputs",
    type=click.IntRange(min=1),
    help="Run this many of the bundle's test inputs.  [default: all]",
)
@click.option(
    "--mode",
    type=click.Choice(["fast", "cycle"]),
    default="fast",
    show_default=True,
    help="fast: streams never stall.  cycle: both stall at random, driven cycle by cycle.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the stalls."
)
@click.option(
    "--stall",
    type=click.FloatRange(min=0, max=1, max_open=True),
    default=0.5,
    show_default=True,
    help="Probability of a stall in each cycle, in mode cycle.",
)
@click.option(
    "--load",
    type=click.Choice(["image", "port"]),
    default="image",
    show_default=True,
    help="port: fill the memories of a programmable accelerator through its load port.",
)
@click.option(
    "--wave",
    is_flag=True,
    help="Write a waveform of the first input that is wrong, or else of the first.",
)
@click.option(
    "--referee",
    "referees",
    multiple=True,
    metavar="NAME",
    help="Let others judge the golden model on the same inputs: litert and tflm for TFLite, ort for"
    " ONNX, tosa for any network.  May be given several times.",
)
def cosim(
    bundle: Path,
    inputs: int | None,
    mode: str,
    seed: int,
    stall: float,
    load: str,
    wave: bool,
    referees: tuple[str, ...],
) -> int:
    """Simulate the accelerator in the folder BUNDLE and compare every byte with the golden model.

    The report is printed, and written to BUNDLE/reports/cosim.json. The exit status is 0 if every
    byte and every cycle count is as predicted, and 1 if any is not. What referees find is reported
    and decides nothing.
    """
    from dataclasses import replace

    from rich.console import Console

    from isomac_cosim.cosimulate import REPORT, cosimulate
    from isomac_cosim.render import render

    console = Console()
    panel = None
    if referees:
        from isomac.cli.referees import Panel

        # Before the simulation: who cannot judge says so at once.
        panel = Panel(bundle, inputs, referees)
    report = cosimulate(bundle, inputs, mode=mode, seed=seed, stall=stall, load=load, wave=wave)
    render(report, console)
    if panel is not None:
        found = panel.judge(console)
        judged = replace(report, referees=tuple(agreement.to_json() for agreement in found))
        judged.save(bundle / REPORT)
    return 0 if report.bit_exact and report.cycles_exact else 1
