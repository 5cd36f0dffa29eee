"""A campaign: numbered cases on all shapes, in several processes."""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from isomac.fuzz.shapes import SHAPES, FuzzShape
from isomac.fuzz.worker import Totals, prepare, run_numbers

#: Cases that a process takes at once: enough to make the start of a simulator cheap.
CHUNK = 50
#: A campaign with so many failures stops.
FAILURES_MAX = 5


def shape_of(number: int) -> FuzzShape:
    """The shape on which the case of this number runs."""
    return SHAPES[number % len(SHAPES)]


def first_numbers(count: int, shapes: Sequence[FuzzShape]) -> list[int]:
    """The first so many cases of these shapes."""
    numbers: list[int] = []
    number = 0
    while len(numbers) < count:
        if shape_of(number) in shapes:
            numbers.append(number)
        number += 1
    return numbers


def run_campaign(
    seed: int,
    numbers: Sequence[int],
    folder: Path,
    *,
    jobs: int,
    prepared: Callable[[FuzzShape], None],
    progress: Callable[[Totals], None],
) -> Totals:
    """Run numbered cases and add up what comes of them.

    Parameters
    ----------
    seed, numbers
        Which cases.
    folder
        For the bundles of the shapes.
    jobs
        Processes at a time.
    prepared
        Called when the hardware of a shape is ready.
    progress
        Called with the totals of each finished part.

    Raises
    ------
    CosimError
        If a simulator does not build or fails itself.
    """
    by_shape: dict[FuzzShape, list[int]] = {}
    for number in numbers:
        by_shape.setdefault(shape_of(number), []).append(number)
    totals = Totals()
    # PyTorch's threads do not survive a fork, hence spawn.
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_ignore_interrupts) as pool:
        try:
            hardware = _prepare(pool, list(by_shape), folder, prepared)
            chunks = [
                pool.submit(run_numbers, shape, hardware[shape], seed, mine[start : start + CHUNK])
                for shape, mine in by_shape.items()
                for start in range(0, len(mine), CHUNK)
            ]
            for chunk in as_completed(chunks):
                totals.add(chunk.result())
                progress(chunk.result())
                if len(totals.failures) >= FAILURES_MAX:
                    break
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return totals


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the parent, which lets the running parts come to their end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _prepare(
    pool: ProcessPoolExecutor,
    shapes: Sequence[FuzzShape],
    folder: Path,
    prepared: Callable[[FuzzShape], None],
) -> dict[FuzzShape, Path]:
    """Build the hardware of all shapes at the same time."""
    building: dict[Future[Path], FuzzShape] = {
        pool.submit(prepare, shape, folder): shape for shape in shapes
    }
    hardware = {}
    for done in as_completed(building):
        hardware[building[done]] = done.result()
        prepared(building[done])
    return hardware
