"""Networks that other tools quantized: agreement with ONNX Runtime, and the same in hardware."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

import isomac
from isomac.golden.borders import quantize_input
from isomac.golden.evaluate import evaluate
from isomac.graph.fields import kinds
from isomac.importers import Imported, import_model
from isomac.referees.ort import judge, run

ROOT = Path(__file__).resolve().parents[4]
FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "onnx"
COUNT = 96

#: Of each file: largest share of values that differ from ONNX Runtime, operation by operation and
#: end to end, and how many of `COUNT` images it recognizes at least. Where the shares are large,
#: means of pixels lie halfway between two steps: ONNX Runtime rounds them to even.
BOUNDS = {
    "brevitas_qcdq": (0.0006, 0.002, 80),
    "ort_int8": (0.0015, 0.02, 72),
    "ort_symmetric_opset13": (0.0012, 0.03, 72),
    "ort_uint8": (0.0015, 0.02, 72),
    "pt2e_isomac": (0.0001, 0.001, 72),
    "pt2e_xnnpack": (0.0015, 0.01, 72),
}


def images() -> tuple[np.ndarray, np.ndarray]:
    with np.load(ROOT / "examples" / "fashion_cnn" / "images.npz") as file:
        return (file["images"][:COUNT, None] / 255).astype(np.float32), file["labels"][:COUNT]


def fixture(name: str) -> tuple[Imported, np.ndarray, np.ndarray]:
    model = import_model(FOLDER / f"{name}.onnx")
    inputs, labels = images()
    return model, quantize_input(model.graph, inputs).numpy(), labels


@pytest.mark.parametrize("name", BOUNDS)
def test_agreement(name: str) -> None:
    by_layer, end_to_end, right = BOUNDS[name]
    model, inputs, labels = fixture(name)
    layers = judge(model, inputs, by_layer=True)
    assert layers.largest <= 1
    assert layers.share <= by_layer, layers
    whole = judge(model, inputs)
    assert whole.share <= end_to_end, whole
    (output,) = model.graph.outputs
    golden = evaluate(model.graph, inputs, keep=[output])[output].numpy().argmax(1)
    reference = run(model, inputs, [output])[output].argmax(1)
    assert (golden == labels).sum() >= right
    assert (golden == reference).mean() >= 0.97


def test_two_formats_of_one_network_give_the_same_bytes() -> None:
    """QCDQ and QONNX say the same, but for the bias, which one of them stores as integers."""
    outputs = []
    for name in ("brevitas_qcdq", "brevitas_qonnx"):
        model, inputs, _ = fixture(name)
        (output,) = model.graph.outputs
        outputs.append(evaluate(model.graph, inputs, keep=[output])[output].numpy())
    assert np.abs(outputs[0].astype(int) - outputs[1]).max() <= 1


def test_a_program_of_pytorch_lowers_to_the_same_numbers() -> None:
    """What came through ONNX has the arithmetic that `isomac.quantize` gave the same network."""
    model, inputs, _ = fixture("pt2e_isomac")
    direct = isomac.load(FOLDER / "pt2e_isomac.isomac")
    assert [type(o) for o in model.graph.operations] == [type(o) for o in direct.operations]
    for mine, other in zip(model.graph.operations, direct.operations, strict=True):
        for field in kinds(type(mine)):
            assert np.array_equal(getattr(mine, field), getattr(other, field)), (mine, field)
    (output,), (expected,) = model.graph.outputs, direct.outputs
    actual = evaluate(model.graph, inputs, keep=[output])[output]
    assert actual.equal(evaluate(direct, inputs, keep=[expected])[expected])


def test_asymmetric_weights_are_split() -> None:
    """9 bits are two weights of 8: the layer reads its channels twice, and stays exact."""
    model, _, _ = fixture("ort_uint8")
    names = [o.name for o in model.graph.operations]
    assert any(name.endswith(".x2") for name in names)


def test_accuracy_is_recorded() -> None:
    measured = json.loads((FOLDER / "accuracy.json").read_text())
    assert set(measured) == {"gates", "residual", "few_bits"}
    assert min(measured.values()) > 0.8


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.onnx")), ids=lambda path: path.stem)
def test_the_files_are_small_and_valid(path: Path) -> None:
    assert path.stat().st_size < 100_000
    if "qonnx" not in path.stem:
        onnx.checker.check_model(onnx.load(path))


@pytest.mark.parametrize("name", ["brevitas_qcdq", "ort_int8"])
def test_hardware(name: str, tmp_path: Path) -> None:
    model, inputs, _ = fixture(name)
    constraints = isomac.Constraints(multipliers=64)
    bundle = isomac.build(model.graph, tmp_path / "bundle", inputs[:2], constraints)
    assert isomac.cosimulate(bundle.path).bit_exact
