"""`isomac inspect` on everything that it takes, as a table and as JSON."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomac.cli import main
from isomac.graph.file import save
from tests.sw.referees.cases import FIXTURES, TFLITE
from tests.sw.small_graphs import after_convolution, convolution, graph, tensor
from tests.sw.small_operations import adaptive, add, clamp, lookup

MODEL = str(FIXTURES / "tflite" / "borders_float.tflite")


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Return what is printed as JSON."""
    assert main(["inspect", *arguments, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    document = json.loads(captured.out)
    assert isinstance(document, dict)
    return document


def test_an_integer_graph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = graph(convolution(source="net.py:12"), add(quant_min=3))
    save(network, tmp_path / "net.isomac")
    document = shown(capsys, str(tmp_path / "net.isomac"))
    assert document["kind"] == "an integer graph"
    assert (document["name"], document["sha256"]) == ("small", network.sha256)
    border = {"shape": [2, 4, 4], "scale": 0.5, "zero_point": 3, "outside": None}
    assert document["inputs"] == [{"name": "x", **border}]
    assert document["outputs"] == [{"name": "z", **border}]
    assert (document["macs"], document["parameters"]) == (32 * 18, 38)
    assert document["activations"] == 32
    assert document["hardware"] is None
    first, second = document["layers"]
    assert first == {
        "name": "convolution",
        "operation": "convolution",
        "source": "net.py:12",
        "inputs": ["x"],
        "output": "y",
        "shape": [2, 4, 4],
        "window": {
            "kernel": [3, 3],
            "groups": 1,
            "stride": [1, 1],
            "padding": [1, 1, 1, 1],
            "dilation": [1, 1],
        },
        "macs": 576,
        "parameters": 38,
        "scale": 0.5,
        "zero_point": 3,
        "quant_min": -128,
        "quant_max": 127,
        "rescaled_per": "channel",
        "rounding": "single",
    }
    assert (second["inputs"], second["macs"], second["parameters"]) == (["y", "x"], 0, 0)
    assert (second["quant_min"], second["rescaled_per"]) == (3, "tensor")


@pytest.mark.parametrize(
    ("network", "per"),
    [
        (graph(convolution(multiplier=np.full(2, 2**30), shift=np.full(2, 36))), "tensor"),
        (graph(convolution()), "channel"),
        (after_convolution(adaptive(), tensor("z", (2, 2, 1))), "tensor"),
        (
            after_convolution(
                adaptive(shift=np.array([[33], [34]])),
                tensor("z", (2, 2, 1)),
            ),
            "pixel",
        ),
        (after_convolution(lookup()), None),
    ],
)
def test_what_is_rescaled_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], network: Any, per: str | None
) -> None:
    save(network, tmp_path / "net.isomac")
    layer = shown(capsys, str(tmp_path / "net.isomac"))["layers"][-1]
    assert layer["rescaled_per"] == per
    assert (layer["rounding"] is None) == (per is None)


def test_a_tflite_file(capsys: pytest.CaptureFixture[str]) -> None:
    document = shown(capsys, MODEL)
    assert document["kind"] == "TFLite"
    assert [border["outside"] for border in document["inputs"]] == ["float32"]
    assert [border["outside"] for border in document["outputs"]] == ["float32"]
    assert [layer["macs"] for layer in document["layers"]] == [2048, 512, 160]
    assert document["macs"] == 2720
    assert document["parameters"] == 2720 + 32 + 16 + 10
    assert main(["inspect", MODEL]) == 0
    text = capsys.readouterr().out
    assert "borders_float, TFLite" in text
    assert "float32 outside" in text
    assert "2,720" in text


@pytest.mark.parametrize("path", TFLITE, ids=lambda path: path.stem)
def test_every_fixture_is_shown(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(path)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert path.stem in captured.out


def test_a_bundle(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = ["build", "net.py:network", "--data", "net.py:images", "--multipliers", "8"]
    assert main([*network, "-o", "bundle"]) == 0
    capsys.readouterr()
    document = shown(capsys, "bundle")
    manifest = json.loads((folder / "bundle" / "manifest.json").read_text())
    hardware = document["hardware"]
    for key in ("mode", "multipliers", "predicted_cycles", "parameters", "reasons"):
        assert hardware[key] == manifest[key]
    assert hardware["test_inputs"] == 8
    assert hardware["model"] is None
    cycles = [layer["predicted_cycles"] for layer in hardware["layers"]]
    assert sum(cycles) == manifest["predicted_cycles"]
    assert hardware["utilization"] == manifest["macs"] / (sum(cycles) * manifest["multipliers"])
    assert document["sha256"] == manifest["network"]["sha256"]
    assert main(["inspect", "bundle"]) == 0
    text = capsys.readouterr().out
    assert "A fixed accelerator of" in text
    assert f"{manifest['predicted_cycles']:,}" in text


def test_a_bundle_knows_the_format_that_it_came_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = str(tmp_path / "bundle")
    assert main(["build", MODEL, "--multipliers", "8", "--vectors", "1", "-o", bundle]) == 0
    capsys.readouterr()
    assert shown(capsys, bundle)["hardware"]["model"] == "TFLite"


def test_a_network_of_pytorch(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "net.py:network", "--data", "net.py:images")["kind"] == "quantized here"
    assert main(["inspect", "net.py:network"]) == 2
    assert "--data is needed to quantize net.py:network" in capsys.readouterr().err


def test_all_that_is_not_supported_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    value = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 4])
    result = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 4])
    nodes = [
        helper.make_node("Det", ["x"], ["a"], name="first"),
        helper.make_node("Relu", ["a"], ["b"], name="between"),
        helper.make_node("NonZero", ["b"], ["y"], name="second"),
    ]
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(
        helper.make_graph(nodes, "g", [value], [result]), opset_imports=opset, ir_version=8
    )
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    assert main(["inspect", str(path), "--json"]) == 2
    problems = json.loads(capsys.readouterr().out)["unsupported"]
    assert [word for word in ("Det", "Relu", "NonZero") if any(word in p for p in problems)] == [
        "Det",
        "NonZero",
    ]
    assert main(["inspect", str(path)]) == 2
    captured = capsys.readouterr()
    assert "Not supported: 2 reasons" in captured.out
    assert captured.err == ""
    assert main(["build", str(path), "-o", str(tmp_path / "bundle")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.tflite", "there is no file"),
        ("missing.isomac", "missing.isomac"),
        ("missing", "a model must be file.py:callable"),
        (".", "is not a bundle"),
        ("cut.tflite", "is no intact TFLite file"),
        ("text.onnx", "text.onnx"),
        ("text.isomac", "text.isomac"),
    ],
)
def test_unusable_input(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    (folder / "cut.tflite").write_bytes(Path(MODEL).read_bytes()[:3000])
    for text in ("text.onnx", "text.isomac"):
        (folder / text).write_text("nothing of the kind")
    assert main(["inspect", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.startswith("isomac: ")
    assert captured.err.count("\n") == 1


def test_what_no_accelerator_can_run_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(graph(clamp(inputs=("x",), output="y")), tmp_path / "net.isomac")
    (remark,) = shown(capsys, str(tmp_path / "net.isomac"))["remarks"]
    assert remark.startswith("Not for the hardware: graph 'small' has no multiply-accumulate")
