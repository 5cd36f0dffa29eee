"""What every command has in common: discovery, help, exit statuses and messages."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from isomac.cli import commands, main
from isomac.cli.group import isomac
from isomac.errors import GraphError, IsomacError
from isomac_cosim.errors import CosimError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Add a command `fail`, which raises what the test puts into this list."""
    errors: list[BaseException] = []

    @click.command()
    def fail() -> None:
        raise errors[0]

    monkeypatch.setitem(isomac.commands, "fail", fail)
    return errors


def test_every_file_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2]
    files = [path.stem for path in Path(next(iter(commands.__path__))).glob("[!_]*.py")]
    assert files
    for name in files:
        assert f"\n  {name} " in listed


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "isomac 0.1.0\n"


def test_help_does_not_import_torch() -> None:
    code = (
        "import sys\n"
        "from isomac.cli import main\n"
        "main(['build', '--help'])\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_the_script_returns_the_exit_status() -> None:
    script = Path(sys.executable).with_name("isomac")
    result = subprocess.run([script, "nonsense"], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == "isomac: No such command 'nonsense'.\n"


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Usage: isomac ")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (IsomacError("this is why"), "this is why"),
        (GraphError("a rule is broken"), "a rule is broken"),
        (CosimError("no bundle."), "no bundle."),
        (PermissionError(13, "Permission denied", "/some/file"), "/some/file: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (click.UsageError("no such thing"), "no such thing"),
    ],
)
def test_unusable_input_is_one_message(
    failing: list[BaseException],
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    message: str,
) -> None:
    failing.append(error)
    assert main(["fail"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"isomac: {message}\n"


@pytest.mark.parametrize("error", [ValueError("fault"), AssertionError("fault"), OSError("fault")])
def test_a_fault_of_isomac_is_not_hidden(failing: list[BaseException], error: Exception) -> None:
    failing.append(error)
    with pytest.raises(type(error), match="fault"):
        main(["fail"])


def test_interruption(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(KeyboardInterrupt())
    assert main(["fail"]) == 130
    assert capsys.readouterr().err.strip() == "isomac: interrupted"
