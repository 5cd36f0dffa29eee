"""`isomac build model.onnx`: no calibration, test vectors at random or from data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isomac.cli import main
from isomac.importers import import_model
from isomac.referees.case import read_case
from isomac.referees.registry import find_referee
from tests.sw.importers.onnx.qdq import Qdq


@pytest.fixture
def model(tmp_path: Path) -> Path:
    net = Qdq()
    x = net.quantized(net.input((3, 6, 6)), 0.02, 5)
    net.output(net.quantized(net.conv(x, 4, (2, 2), shape=(5, 5))))
    return net.save(tmp_path / "model.onnx")


@pytest.mark.parametrize("kind", ["random", "int8", "float32"])
def test_build(kind: str, model: Path, tmp_path: Path) -> None:
    options = ["--vectors", "2"]
    steps = np.random.default_rng(0).integers(-128, 128, (2, 3, 6, 6), np.int8)
    if kind != "random":
        real = (steps.astype(np.float32) - 5) * np.float32(0.02)
        np.save(tmp_path / "data.npy", steps if kind == "int8" else real)
        options += ["--test-data", str(tmp_path / "data.npy")]
    folder = tmp_path / "bundle"
    assert main(["build", str(model), "-o", str(folder), "--multipliers", "8", *options]) == 0
    case = read_case(folder)
    assert case.graph.sha256 == import_model(model).graph.sha256
    (name,) = case.graph.inputs
    assert kind == "random" or np.array_equal(case.tensors[name], steps)
    found = find_referee("ort").judge(case)
    assert found.values == case.tensors[name].size + 2 * 4 * 5 * 5
    assert found.largest <= 1


@pytest.mark.parametrize("option", [["--data", "x.npy"], ["--multiplier-bits", "16"]])
def test_what_quantizes_is_refused(
    option: list[str], model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", str(model), "-o", str(tmp_path / "bundle"), *option]) == 2
    text = " ".join(capsys.readouterr().err.split())
    assert f"{option[0]} quantizes a network, and {model} is quantized already" in text
