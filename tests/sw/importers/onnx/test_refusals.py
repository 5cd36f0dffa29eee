"""What is refused, each with one sentence that names the place."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from isomac.cli import main
from isomac.errors import IsomacError
from isomac.importers import import_model
from isomac.importers.onnx import operators as operators
from isomac.importers.onnx.call import handlers
from isomac.importers.onnx.folding import FOLDED
from tests.sw.importers.onnx.qdq import Qdq, Value

Change = Callable[[Any], None]


def network(opset: int = 17) -> Qdq:
    net = Qdq(opset=opset)
    x = net.quantized(net.input((3, 6, 6)))
    net.output(net.quantized(net.conv(x, 4, (2, 2), shape=(5, 5))))
    return net


def refusal(path: Path) -> str:
    with pytest.raises(IsomacError) as caught:
        import_model(path)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 1000
    return text


def changed(folder: Path, change: Change) -> str:
    model = network().model()
    change(model)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return refusal(path)


def node(model: Any, operator: str) -> Any:
    return next(n for n in model.graph.node if n.op_type == operator)


def constant(model: Any, name: str) -> Any:
    return next(t for t in model.graph.initializer if t.name == name)


def _cycle(model: Any) -> None:
    conv = node(model, "Conv")
    node(model, "QuantizeLinear").input[0] = conv.output[0]


def _shape(*sizes: int) -> Change:
    def change(model: Any) -> None:
        dims = model.graph.input[0].type.tensor_type.shape.dim
        del dims[1:]
        for size in sizes:
            dims.add().dim_value = size

    return change


def _replace(operator: str, other: str, domain: str = "") -> Change:
    def change(model: Any) -> None:
        node(model, operator).op_type = other
        node(model, other).domain = domain

    return change


def _dims(operator: str, position: int, *sizes: int) -> Change:
    def change(model: Any) -> None:
        tensor = constant(model, node(model, operator).input[position])
        tensor.dims[:] = sizes

    return change


def _external(location: str, **entries: str) -> Change:
    def change(model: Any) -> None:
        tensor = constant(model, node(model, "Conv").input[2])
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location, **entries}.items():
            tensor.external_data.add(key=key, value=value)

    return change


def _scale(value: float) -> Change:
    def change(model: Any) -> None:
        tensor = constant(model, node(model, "QuantizeLinear").input[1])
        tensor.raw_data = struct.pack("<f", value)

    return change


def _attribute(operator: str, name: str, value: Any) -> Change:
    def change(model: Any) -> None:
        found = node(model, operator)
        kept = [a for a in found.attribute if a.name != name]
        del found.attribute[:]
        found.attribute.extend([*kept, helper.make_attribute(name, value)])

    return change


def _unquantized_weight(model: Any) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, (4, 3, 2, 2), [0.5] * 48)
    model.graph.initializer.append(weight)
    node(model, "Conv").input[1] = "w"


def _unquantized_output(model: Any) -> None:
    model.graph.output[0].name = node(model, "Conv").output[0]


def _unquantized_input(model: Any) -> None:
    node(model, "Conv").input[0] = "x"


def _zero_point(kind: int) -> Change:
    def change(model: Any) -> None:
        name = node(model, "QuantizeLinear").input[2]
        constant(model, name).CopyFrom(helper.make_tensor(name, kind, (), [0]))

    return change


def _opset(version: int) -> Change:
    def change(model: Any) -> None:
        model.opset_import[0].version = version

    return change


def _two_writers(model: Any) -> None:
    model.graph.node.append(node(model, "Conv"))


CASES: list[tuple[Change, str]] = [
    (_cycle, "in a cycle or out of order"),
    (_two_writers, "which is there already"),
    (_shape(0, 6, 6), "fixed positive sizes behind the batch"),
    (_shape(3, 6, -2), "fixed positive sizes behind the batch"),
    (_shape(3, 1 << 40, 6), "'x'"),
    (_shape(3, 1 << 20, 1 << 20), "holds more than 268435456 values"),
    (_shape(3, 6), "it has 3 dimensions"),
    (_shape(2, 6, 6), "does not fit an input of 2 channels"),
    (_shape(3, 1, 1), "its kernel spans 2, more than the 1"),
    (_replace("Conv", "LSTM"), "operators that are not supported: LSTM 'n_conv"),
    (_replace("Conv", "QLinearConv"), "quant_format=QuantFormat.QDQ"),
    (_replace("Conv", "Conv", "com.microsoft"), "com.microsoft.Conv"),
    (_replace("Conv", "NonSense" * 100), "operators that are not supported"),
    (_dims("Conv", 2, 1 << 60), "more than 67108864 bytes"),
    (_dims("Conv", 2, 5), "20 bytes, but 16 are there"),
    (_dims("Conv", 2, -4), "sizes must not be negative"),
    (_dims("Conv", 2, 2, 2), "its bias must have 4 values"),
    (_external("../secret"), "which is not in the folder of the model"),
    (_external("/etc/passwd"), "which is not in the folder of the model"),
    (_external("a/../../secret"), "which is not in the folder of the model"),
    (_external("..\\secret"), "which is not in the folder of the model"),
    (_external("link"), "a link out of the folder of the model"),
    (_external("missing.bin"), "but there is no such file"),
    (_external("short.bin"), "lies beyond the end"),
    (_external("short.bin", offset="-1"), "its offset must be a number"),
    (_external("short.bin", length="99999999999"), "its entry says 99999999999"),
    (_scale(0.0), "a scale must be positive and finite"),
    (_scale(-1.0), "a scale must be positive and finite"),
    (_scale(float("nan")), "a scale must be positive and finite"),
    (_scale(1e-30), "a scale must be positive and finite"),
    (_scale(1e15), "shift"),
    (_attribute("Conv", "strides", [0, 1]), "strides must be two integers from 1 on"),
    (_attribute("Conv", "strides", [1.5]), "strides must be integers"),
    (_attribute("Conv", "dilations", [1 << 40, 1]), "windows of more than"),
    (_attribute("Conv", "pads", [0, 0, -1, 0]), "pads must be four sizes"),
    (_attribute("Conv", "pads", [1 << 50] * 4), "pads must be four sizes"),
    (_attribute("Conv", "group", 0), "does not fit an input"),
    (_attribute("Conv", "auto_pad", "BOTH"), "auto_pad 'BOTH' is not known"),
    (_unquantized_weight, "its weight is not quantized"),
    (_unquantized_output, "a QuantizeLinear must follow Conv"),
    (_unquantized_input, "the result of input 'x' is not quantized"),
    (_zero_point(TensorProto.INT16), "activations must be int8 or uint8, not int16"),
    (_zero_point(TensorProto.FLOAT8E4M3FN), "has the type FLOAT8E4M3FN"),
    (_opset(12), "version 13 to 21, not 12"),
    (_opset(99), "version 13 to 21, not 99"),
    (lambda model: model.graph.ClearField("node"), "its graph has no nodes"),
    (lambda model: model.graph.ClearField("input"), "must have an input"),
    (lambda model: model.graph.ClearField("output"), "must have an output"),
    (lambda model: model.ClearField("opset_import"), "not None"),
]


@pytest.mark.parametrize(("change", "sentence"), CASES)
def test_changed_models(change: Change, sentence: str, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(16))
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "short.bin").write_bytes(bytes(15))
    assert sentence in changed(folder, change)


def test_a_float_model(tmp_path: Path) -> None:
    net = Qdq()
    x = net.input((3,))
    net.output(net.unary("Relu", x))
    assert "is not quantized: it has no QuantizeLinear" in refusal(net.save(tmp_path / "m.onnx"))


def test_a_product_of_two_activations(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((3, 6, 6)))
    y = net.quantized(net.conv(x, 3, (1, 1), shape=(6, 6)))
    net.output(net.quantized(Value(net.node("Mul", [x.name, y.name]), x.shape, 1)))
    assert "the product of two activations" in refusal(net.save(tmp_path / "m.onnx"))


def test_a_function_of_what_is_not_quantized(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((3, 6, 6)))
    y = net.unary("Sigmoid", net.conv(x, 3, (1, 1), shape=(6, 6)))
    net.output(net.quantized(y))
    text = refusal(net.save(tmp_path / "m.onnx"))
    assert "Sigmoid 'n_sigmoid" in text
    assert "it cannot be folded into Conv 'n_conv" in text


def test_external_data_beside_the_model(tmp_path: Path) -> None:
    net = network()
    plain = import_model(net.save(tmp_path / "plain.onnx"))
    onnx.save(
        net.model(),
        tmp_path / "plain2.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    outside = import_model(tmp_path / "plain2.onnx")
    assert [o.multiplier.tolist() for o in outside.graph.operations] == [
        o.multiplier.tolist() for o in plain.graph.operations
    ]


def test_doubling_is_bounded(tmp_path: Path) -> None:
    """A chain of concatenations with themselves would grow without bound."""
    net = Qdq()
    x = net.quantized(net.input((1, 2, 2)))
    name = x.name
    for _ in range(60):
        name = net.node("Concat", [name, name], axis=1)
    net.output(net.quantized(Value(name, (), 1)))
    refusal(net.save(tmp_path / "m.onnx"))


def test_a_long_chain_without_quantization(tmp_path: Path) -> None:
    net = Qdq()
    name = net.quantized(net.input((1, 2, 2))).name
    for _ in range(5000):
        name = net.node("MaxPool", [name], kernel_shape=[1, 1])
    net.output(net.quantized(Value(name, (), 1)))
    assert "are not quantized in between" in refusal(net.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "its graph has no nodes"),
        (b"\x00" * 100, "no intact ONNX file"),
        (b"TFL3" * 100, "no intact ONNX file"),
        (b"\x3a\x05", "no intact ONNX file"),
        (b"\x3a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", "no intact ONNX file"),
        # A graph of empty nodes: two bytes each.
        (b"\x3a" + b"\x80\x80\x10" + b"\x0a\x00" * (1 << 17), "it holds more than 131072 parts"),
        # A message in a message in a message ...
        (None, "nested more than 64 deep"),
    ],
)
def test_no_model(data: bytes | None, sentence: str, tmp_path: Path) -> None:
    if data is None:
        data = b""
        for number in (0x3A, *(0x0A, 0x2A, 0x32) * 60)[::-1]:
            size = len(data)
            data = bytes([number, size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + data
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    assert sentence in refusal(path)


def test_the_command_line_prints_the_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = network().save(tmp_path / "model.onnx")
    path.write_bytes(path.read_bytes()[:-40])
    assert main(["build", str(path), "-o", str(tmp_path / "bundle")]) == 2
    assert "no intact ONNX file" in capsys.readouterr().err.replace("\n", " ")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("suffix", ["onnx", "xyz"])
def test_files_that_are_not_there(suffix: str, tmp_path: Path) -> None:
    text = refusal(tmp_path / f"missing.{suffix}")
    assert "there is no file" in text if suffix == "onnx" else "must end in" in text


def test_shared_weights_are_not_copied_without_bound(tmp_path: Path) -> None:
    """Many nodes may read one constant of the file."""
    net = Qdq()
    x = net.quantized(net.input((1000,)))
    weight, _ = net.weight((1000, 1000), axis=1)
    for _ in range(200):
        product = Value(net.node("MatMul", [x.name, weight]), (1000,), 1.0)
        net.output(net.quantized(product))
    assert "the constants up to it take more than" in refusal(net.save(tmp_path / "m.onnx"))


def test_a_scale_for_each_block(tmp_path: Path) -> None:
    net = network(opset=21)
    model = net.model()
    node(model, "QuantizeLinear").attribute.append(helper.make_attribute("block_size", 2))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    assert "a scale for each block" in refusal(path)


def test_a_value_that_is_not_a_number(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((3,)))
    net.output(net.quantized(net.unary("Log", x)))
    assert "log is not defined for all values" in refusal(net.save(tmp_path / "m.onnx"))


def test_the_input_is_quantized_in_one_way(tmp_path: Path) -> None:
    net = Qdq()
    x = net.input((3,))
    name = net.node("Add", [net.quantized(x).name, net.quantized(x, 0.3).name])
    net.output(net.quantized(Value(name, (3,), 1.0)))
    assert "enters the hardware only once" in refusal(net.save(tmp_path / "m.onnx"))


def test_bias_beyond_32_bits(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((3,)), 1e-6, 0)
    weight, _ = net.weight((2, 3))
    bias = net.constant(np.float32([1e9, 0]))
    net.output(net.quantized(Value(net.node("Gemm", [x.name, weight, bias], transB=1), (2,), 1.0)))
    text = refusal(net.save(tmp_path / "m.onnx"))
    assert "the bias of output channel 0 is 1e+09, more than 32 bits" in text


KINDS = ("map", "vector", "steps", "weight", "number", "shape", "channels", "missing")


@pytest.mark.parametrize("name", sorted({*handlers(), *FOLDED}))
def test_any_operands(name: str, tmp_path: Path) -> None:
    """Whatever an operator is given, it is a network or refused, and never fails otherwise."""
    domain, _, operator = name.rpartition(".")
    path = tmp_path / "m.onnx"
    for count, kept in ((0, 1), (1, 8), (2, 40), (3, 20)):
        choices = list(product(KINDS, repeat=count))
        for kinds in random.Random(name).sample(choices, kept):
            net = Qdq(opset=17)
            operands = {
                "map": net.quantized(net.input((4, 5, 6), name="m")).name,
                "vector": net.quantized(net.input((4,), name="v")).name,
                "weight": net.weight((4, 4))[0],
                "number": net.constant(np.float32(0.5)),
                "shape": net.constant(np.array([1, 4])),
                "channels": net.constant(np.ones((4, 1, 1), np.float32)),
                "missing": "",
            }
            operands["steps"] = next(
                n.output[0] for n in net.nodes if n.op_type == "QuantizeLinear"
            )
            out = net.node(operator, [operands[kind] for kind in kinds], domain=domain)
            net.output(net.quantized(Value(out, (), 1.0)))
            with suppress(IsomacError):
                import_model(net.save(path))
