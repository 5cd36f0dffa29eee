"""`isomac resources`: the models of what an accelerator takes of an FPGA, and their errors."""

from __future__ import annotations

from pathlib import Path

import click

from isomac.cli.group import isomac


@isomac.command()
@click.option(
    "--table",
    type=click.Path(path_type=Path),
    help="CSV file of isomac sweep.  [default: the one that comes with isomac]",
)
@click.option(
    "--fit",
    "output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the coefficients of the models, fitted on all points, to this file.",
)
@click.option("--markdown", is_flag=True, help="Print the table for a Markdown file.")
def resources(table: Path | None, output: Path | None, markdown: bool) -> int:
    """Show how far the resource models are off.

    The models are fitted ten times, each time without a tenth of the accelerators of the sweep,
    whose figures they then predict. DSP and BRAM follow rules and are compared on all points.
    """
    from isomac.resources.command import run_command

    return run_command(table, output, markdown=markdown)
