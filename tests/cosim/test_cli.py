"""What a person sees, and the exit status."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from isomac_cosim.cli import run_cli
from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.render import render
from tests.cosim.edit import edit_manifest, flip_bit
from tests.cosim.standin.bundle import StandIn


def run(folder: Path, *args: int, **options: bool) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=100)
    status = run_cli(folder, *args, progress=False, console=console, **options)
    output = console.file
    assert isinstance(output, io.StringIO)
    return status, output.getvalue()


def test_everything_equal(tmp_path: Path) -> None:
    status, text = run(StandIn().write(tmp_path))
    assert status == 0
    assert "BIT-EXACT: 0 of 720 bytes differ (5 of 5 inputs run)" in text
    assert "NOT" not in text
    assert "Cycle counts equal the prediction." in text
    row = next(line for line in text.splitlines() if "add" in line)
    assert [cell.strip() for cell in row.strip("│ ").split("│")] == [
        "add", "add", "13", "13", "69.2%", "0",
    ]  # fmt: skip


def test_difference(tmp_path: Path) -> None:
    folder = StandIn().write(tmp_path)
    flip_bit(folder / "weights.hex", row=2, bit=8)
    status, text = run(folder, 2)
    assert status == 1
    assert "NOT BIT-EXACT" in text
    assert "Layer 'add' (add) of image 0: the byte at y 0, x 0, channel 1 is" in text
    assert "12 of 36 bytes are wrong." in text


def test_wrong_prediction_is_a_difference_too(tmp_path: Path) -> None:
    folder = StandIn().write(tmp_path)

    def change(manifest: dict[str, object]) -> None:
        layers = manifest["layers"]
        assert isinstance(layers, list)
        layers[0]["predicted_cycles"] += 1
        manifest["predicted_cycles"] = 52

    edit_manifest(folder, change)
    status, text = run(folder, 1)
    assert status == 1
    assert "BIT-EXACT" in text
    assert "NOT BIT-EXACT" not in text
    assert "Cycle counts do not equal the prediction." in text
    assert "Layer 'input' (input) of image 0 took 12 cycles; 13 were predicted." in text


def test_no_proof(tmp_path: Path) -> None:
    assert run(tmp_path / "absent") == (
        2,
        f"error: {tmp_path}/absent is not a folder, so it is no bundle.\n",
    )
    status, text = run(StandIn().write(tmp_path), 6)
    assert (status, text) == (2, "error: 6 inputs were asked for, but the bundle holds 5.\n")
    assert not (tmp_path / "reports").exists()


def test_names_are_not_taken_for_markup(tmp_path: Path) -> None:
    folder = StandIn().write(tmp_path)

    def change(manifest: dict[str, object]) -> None:
        manifest["network"] = {"name": "net[bold]", "sha256": ""}
        layers = manifest["layers"]
        assert isinstance(layers, list)
        layers[1]["name"] = "blocks[0]"

    edit_manifest(folder, change)
    _, text = run(folder, 1)
    assert "net[bold]" in text
    assert "blocks[0]" in text


def test_progress_is_shown_on_a_terminal_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = StandIn(inputs=2).write(tmp_path)
    cosimulate(folder)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    report = cosimulate(folder)
    assert "simulating" in capsys.readouterr().err
    console = Console(file=io.StringIO(), width=100)
    render(report, console)
