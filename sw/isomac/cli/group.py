"""The command `isomac`, of which the files in `isomac/cli/commands/` are the subcommands."""

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="isomac", message="isomac %(version)s")
def isomac() -> None:
    """Make accelerators of PyTorch networks, and prove every byte that they compute."""
