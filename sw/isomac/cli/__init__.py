"""The command line. A command is one file in `isomac/cli/commands/`, found by itself."""

from isomac.cli.main import main

__all__ = ["main"]
