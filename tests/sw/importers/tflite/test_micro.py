"""The outputs of networks that were imported with the kernels of TFLite Micro equal its outputs.

Its kernels differ from LiteRT's in FULLY_CONNECTED, which rounds twice, and in LOGISTIC and TANH,
which are series in fixed point.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("ai_edge_litert")
pytest.importorskip("tflite_micro")

from isomac.errors import IsomacError
from isomac.golden import evaluate
from isomac.importers import import_model
from isomac.importers.tflite.imported import ImportedTflite
from isomac.importers.tflite.recipes import quantize_multiplier
from isomac.importers.tflite.series import logistic, tanh
from isomac.importers.tflite.tensor import Affine
from tests.sw.importers.tflite.models import MODELS
from tests.sw.importers.tflite.reference import random_inputs
from tests.sw.importers.tflite.test_operators import every_byte
from tests.sw.importers.tflite.writer import Draw, Writer

FIXTURES = Path(__file__).parent.parent / "fixtures" / "tflite"
ARENA = 1 << 21


def load(path: Path) -> ImportedTflite:
    imported = import_model(path, kernels="tflm")
    assert isinstance(imported, ImportedTflite)
    return imported


def outputs(data: bytes, images: list[list[npt.NDArray[np.int8]]]) -> list[npt.NDArray[np.int8]]:
    """Return what TFLite Micro makes of images, each a list of its inputs."""
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(data, arena_size=ARENA)
    found = []
    for image in images:
        for position, values in enumerate(image):
            shape = interpreter.get_input_details(position)["shape"]
            interpreter.set_input(values.reshape(shape), position)
        interpreter.invoke()
        found.append(interpreter.get_output(0).ravel())
    return found


def check(data: bytes, imported: ImportedTflite, inputs: dict[str, npt.NDArray[np.int8]]) -> None:
    (output,) = imported.graph.outputs
    place = imported.places[output]
    expected = place.to_file(evaluate(imported.graph, inputs)[output].numpy())
    arrays = [imported.places[name].to_file(inputs[name]) for name in imported.graph.inputs]
    images = [[array[index] for array in arrays] for index in range(len(expected))]
    for found, wanted in zip(outputs(data, images), expected, strict=True):
        np.testing.assert_array_equal(found, wanted.ravel())


#: It has no RELU_N1_TO_1, another RELU6, and a LOGISTIC with a zero point of its own.
OTHERS = {"RELU_N1_TO_1", "RELU6", "LOGISTIC"}


@pytest.mark.parametrize("name", [name for name in MODELS if name not in OTHERS])
def test_outputs(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    for seed in range(10):
        data, images = MODELS[name](Draw(seed))
        path.write_bytes(data)
        imported = load(path)
        inputs = random_inputs(imported, 6, seed) if images else every_byte(imported)
        check(data, imported, inputs)


def test_logistic(tmp_path: Path) -> None:
    """Over all bytes, with the one zero point of an output that TFLite Micro accepts."""
    path = tmp_path / "model.tflite"
    for seed in range(20):
        draw = Draw(seed)
        writer = Writer()
        x = writer.tensor([1, 256], draw.scale(-6, 1), draw.zero_point())
        y = writer.tensor([1, 256], 1 / 256, -128)
        writer.operator("LOGISTIC", [x], [y])
        path.write_bytes(writer.finish([x], [y]))
        imported = load(path)
        check(path.read_bytes(), imported, every_byte(imported))


def test_the_product_of_scales_is_in_double(tmp_path: Path) -> None:
    """Sums at which a product in float32 would give another byte."""
    cases = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        entry, weight = np.float32(rng.uniform(0.01, 0.1)), np.float32(rng.uniform(0.001, 0.01))
        output = np.float32(entry * weight * np.float32(rng.uniform(2000, 8000)))
        ratios = (
            float(entry) * float(weight) / float(output),
            float(entry * weight) / float(output),
        )
        exact, other = (quantize_multiplier(ratio) for ratio in ratios)
        steps = [int((step + 0.5) / ratios[0]) for step in range(-126, 127)]
        sums = [step + near for step in steps for near in (0, 1)]
        biases = [value for value in sums if twice(value, *exact) != twice(value, *other)][:32]
        if not biases:
            continue
        cases += len(biases)
        writer = Writer()
        x = writer.tensor([1, 4], float(entry), 0)
        zeros = np.zeros((len(biases), 4), np.int8)
        w = writer.tensor(list(zeros.shape), [float(weight)], data=zeros)
        scale = [float(np.float32(entry * weight))]
        b = writer.tensor([len(biases)], scale, kind="INT32", data=np.array(biases, np.int32))
        y = writer.tensor([1, len(biases)], float(output), 0)
        writer.operator("FULLY_CONNECTED", [x, w, b], [y], "FullyConnectedOptions")
        path = tmp_path / "model.tflite"
        path.write_bytes(writer.finish([x], [y]))
        imported = load(path)
        check(path.read_bytes(), imported, {imported.graph.inputs[0]: np.zeros((1, 4), np.int8)})
    assert cases > 5


def twice(value: int, multiplier: int, shift: int) -> int:
    """Return a product as gemmlowp rounds it."""
    high = (value * multiplier + (1 << 30)) >> 31
    places = shift - 31
    magnitude = (abs(high) + ((1 << places) >> 1)) >> places
    return magnitude if high >= 0 else -magnitude


@pytest.mark.parametrize(
    "name", [path.name for path in sorted(FIXTURES.glob("*.tflite")) if "borders" not in path.name]
)
def test_fixtures(name: str) -> None:
    path = FIXTURES / name
    if name == "pools_fashion.tflite":
        with pytest.raises(IsomacError, match="RELU6 ignores that its output has another scale"):
            load(path)
        return
    imported = load(path)
    check(path.read_bytes(), imported, random_inputs(imported, 64))


def test_kernels_are_named() -> None:
    path = FIXTURES / "residual_digits.tflite"
    with pytest.raises(IsomacError, match=r"the kernels of a \.tflite file must be litert or tflm"):
        import_model(path, kernels="xnnpack")
    graphs = [import_model(path, kernels=kernels).graph for kernels in ("litert", "tflm")]
    assert graphs[0] != graphs[1]


def test_series_are_close_to_the_functions() -> None:
    entry = Affine(np.float32(0.05), -20)
    for byte in range(-128, 128):
        real = 0.05 * (byte + 20)
        assert abs(logistic(byte, entry) + 128 - 256 / (1 + np.exp(-real))) <= 0.6
        assert abs(tanh(byte, entry) - 128 * np.tanh(real)) <= 0.6
