"""What `isomac sweep` does with its options."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from isomac.errors import IsomacError
from isomac.sweep.outcome import Unmade
from isomac.sweep.points import chosen_points
from isomac.sweep.run import Outcome, run_sweep
from isomac.sweep.table import Row


def run_command(
    path: Path | None,
    names: Sequence[str],
    targets: Sequence[str],
    networks: Sequence[str],
    *,
    scheduler: str | None,
    jobs: int | None,
    only_list: bool,
) -> int:
    """Run points of the sweep and return the exit status.

    Parameters
    ----------
    path
        The table; only a list does without.
    names, targets, networks
        Which points; empty for all.
    scheduler, jobs
        Where they are run; see `isomac.sweep.run.run_sweep`.
    only_list
        Print the points' names and do nothing.

    Returns
    -------
    int
        0; 1 if a point could not be done.

    Raises
    ------
    IsomacError
        If something that was given cannot be used.
    """
    points = chosen_points(names, targets, networks)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if only_list:
        for point in points:
            console.print(point.name)
        return 0
    if path is None:
        raise IsomacError(
            "isomac sweep needs the TABLE that it adds rows to, a CSV file; only --list does not"
        )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    found: Counter[type[Outcome]] = Counter()
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        shown = bar.add_task("points", total=len(points))
        for outcome in run_sweep(
            points, path, scheduler=scheduler, jobs=min(jobs or _processors(), len(points))
        ):
            found[type(outcome)] += 1
            bar.advance(shown)
            line = _line(outcome)
            if line:
                console.print(line)
    known = len(points) - found[Row] - found[Unmade]
    console.print(
        f"{found[Row]} points done, {known} known already, {found[Unmade]} failed; {path}"
    )
    return 1 if found[Unmade] else 0


def _line(outcome: Outcome) -> str:
    """What is shown of a point."""
    if isinstance(outcome, Unmade):
        return f"{outcome.name}: {outcome.reason}"
    if isinstance(outcome, Row):
        speed = "not routed" if outcome.fmax is None else f"{outcome.fmax:.1f} MHz"
        return (
            f"{outcome.name}: {outcome.lut:,} LUT, {outcome.ff:,} FF, {outcome.dsp} DSP,"
            f" {outcome.bram} BRAM, {speed}, {outcome.seconds:.0f} s"
        )
    return ""


def _processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
