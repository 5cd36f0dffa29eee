"""`isomac fuzz`: random integer graphs on programmable accelerators, proven byte by byte."""

from __future__ import annotations

import os
from pathlib import Path

import click

from isomac.cli.group import isomac
from isomac.errors import IsomacError

COUNT = click.IntRange(min=1)
NUMBER = click.IntRange(min=0)


@isomac.command()
@click.option("-n", "--cases", type=COUNT, default=240, show_default=True, help="Cases to run.")
@click.option("--seed", type=NUMBER, help="Of all cases.  [default: a random one, printed first]")
@click.option("--case", type=NUMBER, metavar="NUMBER", help="Run only the case of this number.")
@click.option(
    "--shapes",
    multiple=True,
    metavar="NAME",
    help="Run only on this accelerator, such as 1x1-m1-r1-b1; may be given several times.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="Processes at a time.  [default: as many as there are processors]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("build/fuzz"),
    show_default=True,
    help="Folder for the files of failing cases.",
)
def fuzz(
    cases: int,
    seed: int | None,
    case: int | None,
    shapes: tuple[str, ...],
    jobs: int | None,
    output: Path,
) -> int:
    """Run random integer graphs on programmable accelerators and compare every stored byte.

    The same seed gives the same cases. A failing case is made small and written as a Python file
    that runs it. The exit status is 0 if every byte is that of the golden model and every cycle
    count is as predicted, and 1 if any is not.
    """
    try:
        from isomac.fuzz.command import run_command
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise IsomacError("isomac fuzz needs hypothesis: pip install 'isomac[dev]'") from None

    return run_command(cases, seed, case, shapes, jobs or os.cpu_count() or 1, output)
