"""`isomac bench`: the suite of networks, their cycles and their proofs."""

from __future__ import annotations

from pathlib import Path

import click

from isomac.cli.group import isomac

COUNT = click.IntRange(min=1)


@isomac.command()
@click.option(
    "--network",
    "keys",
    multiple=True,
    metavar="KEY",
    help="Run this network; may be given several times.  [default: all]",
)
@click.option(
    "--budget",
    "budgets",
    type=COUNT,
    multiple=True,
    help="Run with arrays of at most so many multipliers; likewise.  [default: 16, 72, 144]",
)
@click.option(
    "-n", "--inputs", type=COUNT, default=4, show_default=True, help="Test inputs of each row."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write the rows to this file."
)
@click.option("--peers", is_flag=True, help="Print figures of other designs below.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="Rows made at the same time.  [default: as many as there are processors]",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Keep the bundles in this folder.",
)
def bench(
    keys: tuple[str, ...],
    budgets: tuple[int, ...],
    inputs: int,
    json_file: Path | None,
    peers: bool,
    jobs: int | None,
    keep: Path | None,
) -> int:
    """Run the suite: make and prove an accelerator for each network and each budget.

    The exit status is 0 if every byte is as expected, every cycle count as predicted, and none
    above its limit, and 1 if any is not.
    """
    from isomac.bench.command import run_command

    return run_command(keys, budgets, inputs, json_file, peers=peers, jobs=jobs, keep=keep)
