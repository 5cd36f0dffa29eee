"""What `isomac bench` does with its options."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from isomac.bench.limits import BUDGETS
from isomac.bench.registry import network, networks
from isomac.bench.render import comparison, make_console, results
from isomac.bench.row import Row
from isomac.bench.run import Task, Unmade, run_suite
from isomac.cli.constraints import read_constraints


def run_command(
    keys: Sequence[str],
    budgets: Sequence[int],
    inputs: int,
    json_file: Path | None,
    *,
    peers: bool,
    jobs: int | None,
    keep: Path | None,
) -> int:
    """Run the suite, print it, and return the exit status.

    Parameters
    ----------
    keys, budgets
        What to run; empty for all of the suite.
    inputs
        Test inputs of each row.
    json_file
        Where the rows are written to, None for nowhere.
    peers
        Print figures of other designs below.
    jobs
        Rows made at the same time; None for as many as there are processors.
    keep
        Folder for the bundles; None for one that is removed at the end.

    Returns
    -------
    int
        0 if all is as it must be, else 1, for example if a row cannot be made.

    Raises
    ------
    IsomacError
        If a key or a budget cannot be used.
    """
    chosen = [network(key).key for key in dict.fromkeys(keys)] or list(networks())
    for budget in budgets:
        read_constraints(budget, None, None, None, None)
    tasks = [(key, budget) for key in chosen for budget in dict.fromkeys(budgets or BUDGETS)]
    console = make_console()
    begin = time.perf_counter()
    made: dict[Task, Row | Unmade] = {}
    try:
        with (
            tempfile.TemporaryDirectory(prefix="isomac-bench-")
            if keep is None
            else nullcontext(keep) as folder
        ):
            _run(tasks, inputs, Path(folder), min(jobs or _processors(), len(tasks)), made)
    finally:
        # However it ends, what was made took long enough to be worth keeping.
        found = [made[task] for task in tasks if task in made]
        rows = [row for row in found if isinstance(row, Row)]
        if rows:
            console.print(results(rows))
            _save(rows, json_file)
    if peers:
        console.print(comparison())
    failures = [failure for row in rows for failure in row.failures]
    failures += [row.failure for row in found if isinstance(row, Unmade)]
    for failure in failures:
        console.print(failure, style="red", markup=False, soft_wrap=True)
    if not failures:
        console.print(
            f"All {len(rows)} rows are bit-exact, took as many cycles as predicted, and are within"
            f" their limits ({time.perf_counter() - begin:.0f} s).",
            highlight=False,
            soft_wrap=True,
        )
    return 1 if failures else 0


def _save(rows: Sequence[Row], json_file: Path | None) -> None:
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        data = [row.to_dict() for row in rows]
        json_file.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _run(
    tasks: Sequence[Task], inputs: int, folder: Path, jobs: int, made: dict[Task, Row | Unmade]
) -> None:
    """Put what becomes of each task into `made`; meanwhile there is a bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    running: list[Task] = []
    with Progress(
        *columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        shown = bar.add_task("", total=len(tasks))

        def describe() -> None:
            bar.update(
                shown,
                completed=len(made),
                description=", ".join(f"{key} {budget}" for key, budget in running),
            )

        def started(task: Task) -> None:
            running.append(task)
            describe()

        for row in run_suite(tasks, inputs, folder, jobs=jobs, started=started):
            made[row.network, row.budget] = row
            running.remove((row.network, row.budget))
            describe()


def _processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (os.cpu_count() or 1) if affinity is None else len(affinity(0))
