"""Running points on a Dask cluster: one on this machine, or any other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from logging import CRITICAL
from pathlib import Path
from typing import TYPE_CHECKING

from isomac.errors import IsomacError
from isomac.sweep.outcome import Known, Unmade
from isomac.sweep.point import Point
from isomac.sweep.table import Row, append_row, read_table, write_table

if TYPE_CHECKING:
    from distributed import Client

#: Seconds in which a scheduler must answer.
TIMEOUT = 20

#: Does a point, given the keys of those that are finished.
Task = Callable[[Point, Collection[str]], Row | Known | Unmade]
#: What became of a point.
Outcome = Row | Known | Unmade


def run_sweep(
    points: Sequence[Point],
    path: Path,
    *,
    scheduler: str | None = None,
    jobs: int = 1,
    task: Task | None = None,
) -> Iterator[Outcome]:
    """Do the points that are not finished, and yield each as soon as its row is in the file.

    A worker that dies costs nothing but time: its points are given to others. Whatever ends this
    process leaves the rows of all points that were yielded.

    Parameters
    ----------
    points
        What to do.
    path
        The table. Points that it has are not done again; rows that come to it replace older ones of
        the same point.
    scheduler
        Address of the scheduler of a Dask cluster, whose workers have isomac and its tools; None
        for processes of this machine.
    jobs
        How many of these there are.
    task
        What does a point, in one of the processes; None for `isomac.sweep.work.run_point`.

    Raises
    ------
    IsomacError
        If the file is damaged, the scheduler cannot be reached, or Dask is not installed.
    """
    if task is None:
        from isomac.sweep.work import run_point

        task = run_point
    rows = read_table(path)
    # Also without what an interruption left of a row, and without rows that were replaced.
    write_table(path, rows)
    finished = frozenset(row.key for row in rows)
    with cluster(scheduler, jobs) as client:
        from distributed import KilledWorker, as_completed

        names = {
            client.submit(
                task,
                point,
                finished,
                key=f"isomac-{point.name}",
                pure=False,
                priority=-place,  # in their order
            ): point.name
            for place, point in enumerate(points)
        }
        for future in as_completed(names, loop=client.loop):
            try:
                outcome: Outcome = future.result()
            except KilledWorker:
                outcome = Unmade(names[future], "every process that tried it was killed")
            future.release()
            if isinstance(outcome, Row):
                append_row(path, outcome)
            yield outcome


@contextmanager
def cluster(scheduler: str | None, jobs: int) -> Iterator[Client]:
    """A client of a cluster, which is one of this machine if there is no scheduler.

    Raises
    ------
    IsomacError
        If the scheduler cannot be reached, or Dask is not installed.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise IsomacError(
            "the sweep needs Dask, which comes with pip install 'isomac[sweep]'"
        ) from None
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=TIMEOUT, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise IsomacError(
                f"the Dask scheduler {scheduler} cannot be reached within {TIMEOUT} s: {error}"
            ) from None
        with client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,  # place and route of a large device takes what it takes
            dashboard_address="127.0.0.1:0",  # any port: there may be another sweep
            silence_logs=CRITICAL,  # what becomes of points is told here
        ) as local,
        Client(local, set_as_default=False) as client,
    ):
        yield client
