"""`isomac size`: which hardware a network needs, or what a board can do."""

from __future__ import annotations

from pathlib import Path

import click

from isomac.cli.group import isomac
from isomac.cli.latency import Latency
from isomac.cli.pixels import Pixels

COUNT = click.IntRange(min=1)


@isomac.command()
@click.argument("model")
@click.option("--data", metavar="DATA", help="Real inputs that calibrate the quantization.")
@click.option("--target", metavar="NAME", help="The FPGA, such as ecp5-85f.")
@click.option("--fps", type=float, metavar="N", help="Inferences per second that are needed.")
@click.option("--latency", type=Latency(), metavar="TIME", help="The same as a time, such as 5ms.")
@click.option("--frequency", type=float, metavar="MHZ", help="Clock.  [default: as predicted]")
@click.option(
    "--multipliers",
    type=int,
    help="Budget of the array.  "
    "[default: what the target has; 64 if it has none; 256 without a target]",
)
@click.option("--pixels", type=Pixels(), metavar="ROWSxCOLUMNS", help="Fix the pixel lanes.")
@click.option("--channels", type=COUNT, help="Fix the channel lanes.")
@click.option("--requant-lanes", type=COUNT, help="Fix the requantization lanes.")
@click.option("--banks", type=click.IntRange(1, 64), help="Fix the banks: a power of two.")
@click.option(
    "--multiplier-bits",
    type=click.IntRange(2, 31),
    help="Fix the width of the multipliers in the requantization.",
)
@click.option("--kernels", metavar="NAME", help="Whose results a .tflite file gives.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder of size.json and report.html.  [default: build/size, or BUNDLE/reports]",
)
def size(
    model: str,
    data: str | None,
    target: str | None,
    fps: float | None,
    latency: float | None,
    frequency: float | None,
    multipliers: int | None,
    pixels: tuple[int, int] | None,
    channels: int | None,
    requant_lanes: int | None,
    banks: int | None,
    multiplier_bits: int | None,
    kernels: str | None,
    output: Path | None,
) -> int:
    """Find the accelerator for MODEL: the best for a target, or the smallest target.

    MODEL is what `isomac build` takes, or the folder of a bundle.

    With --target: the fastest accelerator that fits. With --fps or --latency: the smallest target
    that reaches it, and the leanest accelerator there. With neither: the Pareto fronts of latency
    against multipliers, LUTs and memory. With all of --pixels, --channels, --requant-lanes and
    --banks: what that one costs, on --target or on all targets.

    The exit status is 1 if nothing fits, or nothing reaches what was asked for.
    """
    from isomac.cli.constraints import read_constraints
    from isomac.compile.search import MULTIPLIERS_MAX
    from isomac.errors import IsomacError
    from isomac.targets import target as find_target

    if fps is not None and latency is not None:
        raise click.UsageError("--fps and --latency say the same in two ways: give one of them.")
    for name, value, most in (("--fps", fps, 1e6), ("--frequency", frequency, 1000)):
        if value is not None and not 0 < value <= most:
            raise IsomacError(f"{name} must be above 0 and at most {most:,.0f}, not {value:g}")
    if multipliers is not None and multipliers < 1:
        raise IsomacError(f"the budget must be at least 1 multiplier, not {multipliers}")
    found = None if target is None else find_target(target)
    # A budget that nobody set is that of the target.
    budget = MULTIPLIERS_MAX if multipliers is None else multipliers
    constraints = read_constraints(budget, pixels, channels, requant_lanes, banks)

    from isomac.sizing.command import run_command
    from isomac.sizing.study import Goal

    goal = Goal(
        target=found,
        latency_ms=latency if fps is None else 1000 / fps,
        constraints=constraints,
        budgeted=multipliers is not None,
        frequency=frequency,
    )
    return run_command(model, data, multiplier_bits, kernels, goal, output)
