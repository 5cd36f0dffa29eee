"""The entry point of the command line, and what becomes of errors."""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import click

from isomac.cli import commands
from isomac.cli.group import isomac
from isomac.discovery import import_submodules
from isomac.errors import IsomacError
from isomac_cosim.errors import CosimError

#: Exit status when hardware and golden model differ.
DIFFERENT = 1
#: Exit status when what the user gave cannot be used.
UNUSABLE = 2
#: Exit status after Ctrl-C, as shells have it.
INTERRUPTED = 130
#: Exit status after SIGTERM, likewise.
TERMINATED = 143


class Terminated(BaseException):
    """SIGTERM came. No part of a program may take it for an error of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Whatever the user gave that cannot be used becomes one message on standard error. Any other
    exception is a fault of isomac and keeps its traceback.

    Parameters
    ----------
    arguments
        Those of the process by default.

    Returns
    -------
    int
        0; 1 if hardware and golden model differ; 2 if the input cannot be used; 130 if interrupted;
        143 if terminated.
    """
    try:
        with _termination():
            return _run(arguments)
    except Terminated:
        click.echo("isomac: terminated", err=True)
        return TERMINATED


@contextmanager
def _termination() -> Iterator[None]:
    """Make an exception of SIGTERM, so that what is unfinished is removed before the end."""

    def terminate(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not disturb the cleaning
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what becomes of signals
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: Sequence[str] | None) -> int:
    """Run the command line; see `main`."""
    import_submodules(commands.__name__, commands.__path__)
    try:
        status: int | None = isomac.main(arguments, prog_name="isomac", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return UNUSABLE
    except click.ClickException as error:
        return _refuse(error.format_message())
    except click.Abort:
        click.echo("isomac: interrupted", err=True)
        return INTERRUPTED
    except (IsomacError, CosimError) as error:
        return _refuse(str(error))
    except OSError as error:
        if error.strerror is None:
            raise
        # A folder without permission, a full disk: the user's to mend, wherever it was noticed.
        place = "" if error.filename is None else f"{error.filename}: "
        return _refuse(f"{place}{error.strerror}")
    return status or 0


def _refuse(message: str) -> int:
    """Print why the input cannot be used, and return the exit status for it."""
    sys.stdout.flush()
    click.echo(f"isomac: {message}", err=True)
    return UNUSABLE
