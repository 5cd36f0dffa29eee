"""`isomac registers`."""

from pathlib import Path

import pytest

from isomac.cli import main

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [([], "docs/registers.md"), (["--format", "c"], "sw/driver/isomac_registers.h")],
)
def test_it_prints_what_is_committed(
    arguments: list[str], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["registers", *arguments]) == 0
    assert capsys.readouterr().out == (ROOT / path).read_text(encoding="utf-8")


def test_python_constants(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registers", "--format", "python"]) == 0
    assert "\nCONTROL_START = 0x00000001\n" in capsys.readouterr().out


def test_an_unknown_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registers", "--format", "vhdl"]) == 2
    assert "'vhdl' is not one of 'markdown', 'c', 'python'" in capsys.readouterr().err
