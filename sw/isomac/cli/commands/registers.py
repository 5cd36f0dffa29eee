"""`isomac registers`: the register map of accelerators behind a bus."""

import click

from isomac.cli.group import isomac


@isomac.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "c", "python"]),
    default="markdown",
    show_default=True,
    help="c: a header of macros.  python: a module of constants.",
)
def registers(form: str) -> None:
    """Print the registers of accelerators with --interface axi or wishbone."""
    from isomac_hw.interfaces.register_text import FORMATS

    click.echo(FORMATS[form](), nl=False)
