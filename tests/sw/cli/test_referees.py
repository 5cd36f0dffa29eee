"""`isomac cosim --referee`: others judge the golden model on the inputs of the bundle."""

import json
from pathlib import Path

import pytest

from isomac.cli import main
from tests.sw.referees.cases import FIXTURES

MODEL = str(FIXTURES / "tflite" / "borders_float.tflite")


def test_agreements_are_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", MODEL, "--multipliers", "8", "--vectors", "3", "-o", "bundle"]) == 0
    names = ["litert", "tflm", "tosa", "litert"]
    options = [option for name in names for option in ("--referee", name)]
    capsys.readouterr()
    assert main(["cosim", "bundle", "-n", "2", *options]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "BIT-EXACT: 0 of " in captured.out
    assert "The golden model, judged by others" in captured.out
    report = json.loads((folder / "bundle" / "reports" / "cosim.json").read_text())
    assert report["bit_exact"]
    litert, tflm, tosa = report["referees"]
    assert litert == {
        "name": "litert",
        "kernel_set": "ai-edge-litert 2.3.0 BUILTIN_REF",
        # The input of 64 values and three layers.
        "values": 2 * (64 + 32 + 16 + 10),
        "differing": 0,
        "largest": 0,
        "not_judged": [],
    }
    assert (tflm["name"], tflm["values"]) == ("tflm", 2 * 10)
    assert (tosa["name"], tosa["values"], tosa["differing"]) == ("tosa", 2 * (32 + 16 + 10), 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--referee", "litert"], "litert runs TFLite files, and bundle holds no model file"),
        (["--referee", "tosa", "--referee", "ort"], "ort runs ONNX files, and bundle holds no"),
        (["--referee", "umpire"], "must be one of litert, ort, tflm, tosa, not 'umpire'"),
        (["--referee", "tosa", "-n", "9"], "9 inputs were asked for, but bundle holds 8"),
    ],
)
def test_who_cannot_judge_says_so_before_the_simulation(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    network = ["build", "net.py:network", "--data", "net.py:images", "--multipliers", "8"]
    assert main([*network, "-o", "bundle"]) == 0
    capsys.readouterr()
    assert main(["cosim", "bundle", *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert not (folder / "bundle" / "reports").exists()


def test_a_package_that_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["build", MODEL, "--multipliers", "8", "--vectors", "1", "-o", "bundle"]) == 0
    monkeypatch.setattr("isomac.referees.registry.find_spec", lambda _: None)
    capsys.readouterr()
    assert main(["cosim", "bundle", "--referee", "tosa"]) == 2
    assert capsys.readouterr().err == (
        "isomac: the referee tosa needs tosa_serializer: pip install 'isomac[referees]'\n"
    )
