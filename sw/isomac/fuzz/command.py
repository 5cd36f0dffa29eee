"""The command `isomac fuzz`: runs a campaign, shows it and writes the failing cases."""

import secrets
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from isomac.fuzz.campaign import first_numbers, run_campaign, shape_of
from isomac.fuzz.shapes import SHAPES, FuzzShape, find_shape
from isomac.fuzz.worker import Failure, Totals

#: Longer files are only written, not printed as well.
PRINTED_LINES = 120
#: Random seeds are of this many decimal digits at most, so that they can be typed.
_SEED_LIMIT = 10**9


def run_command(
    count: int,
    seed: int | None,
    case: int | None,
    shape_names: Sequence[str],
    jobs: int,
    output: Path,
) -> int:
    """Run a campaign and return the exit status: 0, or 1 if a case failed.

    Parameters
    ----------
    count
        Number of cases.
    seed
        Of all cases; None takes a random one.
    case
        Run only this one.
    shape_names
        Run only on these, by default on all.
    jobs
        Processes at a time.
    output
        Folder for the files of failing cases.
    """
    console = Console()
    seed = secrets.randbelow(_SEED_LIMIT) if seed is None else seed
    console.print(f"seed {seed}", highlight=False)
    shapes = [find_shape(name) for name in shape_names] or list(SHAPES)
    numbers = first_numbers(count, shapes) if case is None else [case]
    begin = time.perf_counter()
    totals = _run(console, seed, numbers, jobs)
    _print_totals(console, totals, time.perf_counter() - begin)
    for failure in totals.failures:
        _print_failure(console, failure, output)
    return 1 if totals.failures else 0


def _run(console: Console, seed: int, numbers: Sequence[int], jobs: int) -> Totals:
    """Run the campaign behind a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        tempfile.TemporaryDirectory(prefix="isomac-fuzz-") as folder,
        Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar,
    ):
        built = bar.add_task("hardware", total=len({shape_of(number) for number in numbers}))
        ran = bar.add_task("cases", total=len(numbers))

        def prepared(shape: FuzzShape) -> None:
            bar.advance(built)

        def progress(part: Totals) -> None:
            bar.advance(ran, part.cases + len(part.failures))

        return run_campaign(
            seed, numbers, Path(folder), jobs=jobs, prepared=prepared, progress=progress
        )


def _print_totals(console: Console, totals: Totals, seconds: float) -> None:
    table = Table(show_header=False, box=None)
    for what, value in (
        ("cases without a difference", f"{totals.cases:,}"),
        ("cases that failed", f"{len(totals.failures):,}"),
        ("graphs that did not fit", f"{totals.skipped:,}"),
        ("inputs", f"{totals.inputs:,}"),
        ("layers with cycles as predicted", f"{totals.layers:,}"),
        ("bytes compared", f"{totals.bytes:,}"),
        ("cycles simulated", f"{totals.cycles:,}"),
        ("seconds", f"{seconds:,.0f}"),
        ("operations", ", ".join(f"{n} {c}" for n, c in sorted(totals.operators.items()))),
    ):
        table.add_row(what, value)
    console.print(table)


def _print_failure(console: Console, failure: Failure, output: Path) -> None:
    """Say what was found, and write the small case as a Python file."""
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"case_{failure.seed}_{failure.number}.py"
    path.write_text(failure.source, encoding="utf-8")

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    say(f"\nCase {failure.number} of seed {failure.seed} fails on {failure.shape}:")
    say(failure.first_faults)
    say(f"Shrunk to {failure.operations} operations, in {path}:")
    if failure.source.count("\n") <= PRINTED_LINES:
        say(failure.source)
    else:
        say(failure.faults)
    say(f"Again: isomac fuzz --seed {failure.seed} --case {failure.number}, or python {path}")
