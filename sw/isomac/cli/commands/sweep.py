"""`isomac sweep`: accelerators of many shapes on many FPGAs, for the resource models."""

from __future__ import annotations

from pathlib import Path

import click

from isomac.cli.group import isomac


@isomac.command()
@click.argument("table", type=click.Path(path_type=Path), required=False)
@click.option(
    "--point",
    "names",
    multiple=True,
    metavar="NAME",
    help="Do this point; may be given several times.  [default: all]",
)
@click.option(
    "--target", "targets", multiple=True, metavar="NAME", help="Of this target; likewise."
)
@click.option(
    "--network", "networks", multiple=True, metavar="KEY", help="Of this network; likewise."
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Use the Dask cluster with this scheduler, such as tcp://host:8786.  [default: processes"
    " of this machine]",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="Points done at the same time.  [default: as many as there are processors]",
)
@click.option("--list", "only_list", is_flag=True, help="Print the names of the points.")
def sweep(
    table: Path | None,
    names: tuple[str, ...],
    targets: tuple[str, ...],
    networks: tuple[str, ...],
    scheduler: str | None,
    jobs: int | None,
    only_list: bool,
) -> int:
    """Synthesize, place and route the points of the sweep, and add a row for each to TABLE.

    TABLE is a CSV file, which --list does without. A point that it has is done again only if the
    hardware or a tool has changed. After an interruption the same command goes on; what was
    finished is there.

    The exit status is 0 if all points are done, and 1 if one could not be.
    """
    from isomac.sweep.command import run_command

    return run_command(
        table,
        names,
        targets,
        networks,
        scheduler=scheduler,
        jobs=jobs,
        only_list=only_list,
    )
