"""`isomac cosim` on the stand-in accelerator."""

import json
from pathlib import Path

import pytest

from isomac.cli import main
from tests.cosim.standin.bundle import StandIn, rehash


def test_equal_bytes_exit_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = StandIn().write(tmp_path / "bundle")
    assert main(["cosim", str(bundle), "-n", "3"]) == 0
    captured = capsys.readouterr()
    assert "BIT-EXACT: 0 of " in captured.out
    assert "NOT" not in captured.out
    assert captured.err == ""
    report = json.loads((bundle / "reports" / "cosim.json").read_text())
    assert report["inputs"] == 3
    assert report["bit_exact"]


def test_different_bytes_exit_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = StandIn().write(tmp_path / "bundle")
    image = bundle / "weights.hex"
    rows = image.read_text().split()
    rows[2] = f"{int(rows[2], 16) ^ 1:0{len(rows[2])}x}"
    image.write_text("\n".join(rows) + "\n")
    rehash(bundle)
    assert main(["cosim", str(bundle)]) == 1
    assert "NOT BIT-EXACT" in capsys.readouterr().out


def test_options_reach_the_simulation(tmp_path: Path) -> None:
    bundle = StandIn(programmable=True).write(tmp_path / "bundle")
    options = ["-n", "1", "--mode", "cycle", "--seed", "7", "--stall", "0.25", "--load", "port"]
    assert main(["cosim", str(bundle), *options]) == 0
    report = json.loads((bundle / "reports" / "cosim.json").read_text())
    found = {key: report[key] for key in ("inputs", "mode", "seed", "stall", "load")}
    assert found == {"inputs": 1, "mode": "cycle", "seed": 7, "stall": 0.25, "load": "port"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "missing is not a folder"),
        (["missing", "-n", "0"], "0 is not in the range"),
        (["missing", "--mode", "slow"], "'slow' is not one of"),
        (["missing", "--seed", "-1"], "-1 is not in the range"),
        (["missing", "--stall", "1"], "1.0 is not in the range"),
        (["missing", "--load", "tape"], "'tape' is not one of"),
        ([], "Missing argument 'BUNDLE'"),
    ],
)
def test_unusable_arguments_exit_with_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["cosim", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
