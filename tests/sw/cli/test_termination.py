"""SIGTERM ends a command after it has cleaned up."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from isomac.cli import main
from isomac.cli.group import isomac

SCRIPT = Path(sys.executable).with_name("isomac")


def wait(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Wait for something that a running process does."""
    end = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_build_leaves_nothing_behind(folder: Path) -> None:
    command = [SCRIPT, "build", "net.py:network", "--data", "net.py:images", "-o", "out/bundle"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    # The new bundle grows in a hidden folder beside its place.
    wait(process, lambda: any(folder.glob("out/.bundle-*")))
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "isomac: terminated\n" in errors
    assert "Traceback" not in errors
    left = {path.name for path in folder.iterdir()} - {"__pycache__"}
    assert left == {"net.py"}


def test_the_handler_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def ends() -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setitem(isomac.commands, "ends", ends)
    before = signal.getsignal(signal.SIGTERM)
    assert main(["ends"]) == 143
    assert signal.getsignal(signal.SIGTERM) is before
