"""What is not supported is refused with a sentence that names the operator and the tensor."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ai_edge_litert")

from isomac.errors import IsomacError, UnsupportedError
from isomac.importers import import_model
from tests.sw.importers.tflite.chains import Chain

#: Changes the chain's model after it was built, before it is written.
Change = Callable[[Chain], None]


def convolutional(change: Change = lambda c: None) -> bytes:
    """Operator 0 is CONV_2D of tensors 0, 1, 2 and gives 3; operator 1 is TANH and gives 4."""
    c = Chain()
    y = c.unary("TANH", c.convolution(c.input([1, 6, 5, 2]), 3))
    c.finish(y)
    change(c)
    return c.finish(y)


def message_of(data: bytes, tmp_path: Path) -> str:
    path = tmp_path / "model.tflite"
    path.write_bytes(data)
    with pytest.raises(IsomacError) as caught:
        import_model(path)
    text = str(caught.value)
    assert text.isprintable()
    assert str(path) in text
    return text.replace(str(path), "model.tflite")


def tensor(c: Chain, index: int) -> Any:
    return c.writer.graph.tensors[index]


def operator(c: Chain, index: int = 0) -> Any:
    return c.writer.graph.operators[index]


def kind(index: int, number: int) -> Change:
    def change(c: Chain) -> None:
        tensor(c, index).type = number

    return change


def scales(index: int, *values: float) -> Change:
    def change(c: Chain) -> None:
        tensor(c, index).quantization.scale = list(values)
        tensor(c, index).quantization.zeroPoint = [0] * len(values)

    return change


def unquantized(c: Chain) -> None:
    tensor(c, 0).quantization = None


def zero_point(index: int, value: int) -> Change:
    def change(c: Chain) -> None:
        tensor(c, index).quantization.zeroPoint = [value]

    return change


def wrong_axis(c: Chain) -> None:
    scales(1, 0.1, 0.1, 0.1)(c)
    tensor(c, 1).quantization.quantizedDimension = 3


def shape(index: int, *sizes: int) -> Change:
    def change(c: Chain) -> None:
        tensor(c, index).shape = list(sizes)

    return change


def option(name: str, value: int) -> Change:
    def change(c: Chain) -> None:
        setattr(operator(c).builtinOptions, name, value)

    return change


def other_code(number: int, version: int = 1) -> Change:
    def change(c: Chain) -> None:
        code = c.writer.model.operatorCodes[0]
        code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
        code.version, code.customCode = version, "Mystery"

    return change


def attribute(index: int, name: str, value: Any) -> Change:
    def change(c: Chain) -> None:
        setattr(tensor(c, index), name, value)

    return change


def buffer(name: str, value: int) -> Change:
    def change(c: Chain) -> None:
        setattr(c.writer.model.buffers[tensor(c, 1).buffer], name, value)

    return change


def operands(*indices: int) -> Change:
    def change(c: Chain) -> None:
        operator(c).inputs = list(indices)

    return change


def swapped(c: Chain) -> None:
    c.writer.graph.operators.reverse()


def cyclic(c: Chain) -> None:
    operator(c).inputs = [4, 1, 2]


def twice(c: Chain) -> None:
    operator(c, 1).outputs = [3]


def of_constant(c: Chain) -> None:
    shape(4, 3, 3, 3, 2)(c)
    operator(c, 1).inputs = [1]


def two_subgraphs(c: Chain) -> None:
    c.writer.model.subgraphs = [c.writer.graph] * 2


CONVOLUTION = "model.tflite: operator 0, CONV_2D ('tensor/3'): "

CASES: list[tuple[Change, str]] = [
    (kind(0, 0), CONVOLUTION + "'tensor/0' is float32; accepted is int8"),
    (kind(0, 7), CONVOLUTION + "'tensor/0' is int16; accepted is int8"),
    (kind(0, 3), CONVOLUTION + "'tensor/0' is uint8, which is accepted at the borders"),
    (unquantized, CONVOLUTION + "'tensor/0' is int8 with 0 scales and 0 zero points"),
    (scales(0, 0.1, 0.2), CONVOLUTION + "'tensor/0' is int8 with 2 scales"),
    (scales(0, 0.0), CONVOLUTION + "'tensor/0' has the scale 0.0"),
    (scales(0, float("nan")), CONVOLUTION + "'tensor/0' has the scale nan"),
    (scales(3, 1e-18), CONVOLUTION + "the ratio of its scales is"),
    (scales(1, 0.1, 0.1), CONVOLUTION + "the weight 'tensor/1' has 2 scales; accepted are one, or"),
    (scales(1, -0.1), CONVOLUTION + "the weight 'tensor/1' must have positive, finite scales"),
    (wrong_axis, CONVOLUTION + "the weight 'tensor/1' has scales along axis 3, not along 0"),
    (zero_point(1, 5), CONVOLUTION + "the weight 'tensor/1' must have the zero point 0"),
    (zero_point(2, 5), CONVOLUTION + "the bias 'tensor/2' must have the zero point 0"),
    (zero_point(0, 200), CONVOLUTION + "'tensor/0' has a zero point that no value of it has"),
    (kind(1, 17), CONVOLUTION + "'tensor/1' must be int8, it is int4"),
    (kind(2, 4), CONVOLUTION + "'tensor/2' must be int32, it is int64"),
    (shape(1, 3, 3, 3, 1), CONVOLUTION + "'tensor/1' of the shape [3, 3, 3, 1] has 54 bytes"),
    (shape(1, 3, 3, 6), CONVOLUTION + "the weight 'tensor/1' must have 4 axes"),
    (shape(1, 2, 3, 3, 3), CONVOLUTION + "its weight [2, 3, 3, 3] does not fit the 2 channels"),
    (shape(2, 1, 3, 1 << 29), CONVOLUTION + "'tensor/2' of the shape"),
    (shape(3, 1, 4, 3, 4), CONVOLUTION + "its output 'tensor/3' must have the shape [1, 4, 3, 3]"),
    (shape(3, 1, 1 << 30, 1 << 30, 3), CONVOLUTION + "'tensor/3' has the shape [1, 1073741824"),
    (shape(0, 1, 6, 5, 2, 1), CONVOLUTION + "'tensor/0' must have the shape [1, height, width"),
    (
        shape(0, 4, 6, 5, 2),
        "tensor 0 ('tensor/0') is an input of the shape [4, 6, 5, 2]: the batch",
    ),
    (
        shape(0, 0, 6, 5, 2),
        "tensor 0 ('tensor/0') is an input of the shape [0, 6, 5, 2]: the batch",
    ),
    (attribute(0, "shapeSignature", [-1, -1, 5, 2]), "leaves more than the batch open"),
    (option("strideW", 0), CONVOLUTION + "its stride must be in [1, 65536], not 1 by 0"),
    (option("dilationHFactor", -1), CONVOLUTION + "its dilation must be in [1, 65536]"),
    (option("dilationHFactor", 5), CONVOLUTION + "its kernel spans 11, more than the 6"),
    (option("padding", 2), CONVOLUTION + "its padding must be SAME or VALID, not number 2"),
    (option("fusedActivationFunction", 4), CONVOLUTION + "its fused activation must be NONE, RELU"),
    (other_code(34, 9), "operator 0, PAD"),
    (other_code(3, 9), CONVOLUTION + "its version is 9, known are 1 to 8"),
    (
        other_code(16),
        "holds operators that are not supported: 0 (LSTM); supported are ADD, AVERAGE",
    ),
    (other_code(32), "holds operators that are not supported: 0 (CUSTOM 'Mystery')"),
    (other_code(118), "holds operators that are not supported: 0 (IF)"),
    (other_code(250), "holds operators that are not supported: 0 (operator code 250)"),
    (attribute(0, "isVariable", True), "tensor 0 ('tensor/0') is a variable, and state is not"),
    (attribute(1, "buffer", 99), "tensor 1 ('tensor/1') has the buffer 99, the file has 3"),
    (attribute(1, "externalBuffer", 1), "tensor 1 ('tensor/1') lies in another file"),
    (attribute(1, "buffer", 0), CONVOLUTION + "'tensor/1' is read before it is computed"),
    (
        buffer("offset", 10_000),
        "tensor 1 ('tensor/1') lies behind the flatbuffer, as in files above",
    ),
    (operands(0), CONVOLUTION + "it must have 2 to 3 operands, not 1"),
    (operands(0, -1, 2), CONVOLUTION + "operand 1 is missing"),
    (operands(0, 1, 99), "the operand of operator 0 is tensor 99, the file has 5"),
    (operands(0, 0, 2), CONVOLUTION + "'tensor/0' must be a constant, it is computed"),
    (of_constant, "TANH ('tensor/4'): 'tensor/1' is a constant; it must depend on the input"),
    (swapped, "operator 0, TANH ('tensor/4'): 'tensor/3' is read before it is computed"),
    (cyclic, CONVOLUTION + "'tensor/4' is read before it is computed: the operators must be in"),
    (twice, "operator 1, TANH ('tensor/3'): 'tensor/3' is there already, before this operator"),
    (two_subgraphs, "has 2 subgraphs: control flow and several subgraphs are not supported"),
]


def test_the_model_without_a_change_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(convolutional())
    assert len(import_model(path).graph.operations) == 2


@pytest.mark.parametrize(("change", "sentence"), CASES, ids=[text[:60] for _, text in CASES])
def test_a_change_is_refused(change: Change, sentence: str, tmp_path: Path) -> None:
    assert sentence in message_of(convolutional(change), tmp_path)


OTHERS: list[tuple[Callable[[Chain], bytes], str]] = [
    (
        lambda c: c.finish(c.add(c.input([1, 4, 4, 2]), c.input([1, 1, 1, 2]))),
        "operator 0, ADD ('tensor/2'): its operands must have the same shape",
    ),
    (
        lambda c: c.finish(c.multiply(c.input([1, 4, 4, 3]), [1, 2])),
        "operator 0, MUL ('tensor/2'): its constant of the shape [2] does not fit [1, 4, 4, 3]",
    ),
    (
        lambda c: c.finish(c.unary("QUANTIZE", c.input([1, 4], "FLOAT32"), kind="UINT8")),
        "operator 0, QUANTIZE ('tensor/1'): its output 'tensor/1' must be int8",
    ),
    (
        lambda c: c.finish(c.dense(c.input([1, 4], "FLOAT32"), 2)),
        "is float32; accepted is int8 with one scale and one zero point (float and dynamic-range",
    ),
    (
        lambda c: c.finish(
            c.unary("TANH", c.unary("DEQUANTIZE", c.dense(c.input([1, 4]), 2), kind="FLOAT32"))
        ),
        "operator 2, TANH ('tensor/4'): 'tensor/3' is float32",
    ),
    (
        lambda c: c.finish(c.softmax(c.unary("TANH", c.input([1, 9]), scale=1e-9, zero_point=0))),
        "operator 0, TANH ('tensor/1'): its output has too small a scale",
    ),
    (
        lambda c: c.finish(c.unary("LOGISTIC", c.input([1, 9]))),
        "operator 0, LOGISTIC ('tensor/1'): its output must have the scale 1/256",
    ),
    (
        lambda c: c.finish(c.unary("TANH", c.input([1, 9])), c.input([1, 3])),
        "tensor 2 ('tensor/2') is an output that no operator computes",
    ),
    (
        lambda c: (c.input([1, 3]), c.finish(c.unary("TANH", c.input([1, 9]))))[1],
        "tensor 0 ('tensor/0') is an input that no operator reads",
    ),
    (
        lambda c: c.finish(
            (y := c.unary("TANH", c.input([1, 9]))), c.unary("DEQUANTIZE", y, kind="FLOAT32")
        ),
        "the outputs 'tensor/1' and 'tensor/2' are the same values, which are accepted once",
    ),
    (lambda c: c.finish(), "has no output"),
]


@pytest.mark.parametrize(("build", "sentence"), OTHERS, ids=[text[:60] for _, text in OTHERS])
def test_a_model_is_refused(build: Callable[[Chain], bytes], sentence: str, tmp_path: Path) -> None:
    assert sentence in message_of(build(Chain()), tmp_path)


def test_a_convolution_without_a_bias_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(convolutional(operands(0, 1)))
    assert not import_model(path).graph.operations[0].bias.any()  # type: ignore[attr-defined]


def test_all_problems_are_listed(tmp_path: Path) -> None:
    c = Chain()
    x = c.input([1, 9])
    y = c.finish(c.unary("TANH", c.unary("EXP", x)), c.unary("LOGISTIC", x), c.unary("ABS", x))
    path = tmp_path / "model.tflite"
    path.write_bytes(y)
    with pytest.raises(
        UnsupportedError, match=r"not supported: 0 \(EXP\), 3 \(ABS\); supp"
    ) as caught:
        import_model(path)
    # What reads the result of a refused operator is no problem of its own.
    names = [problem.split("operator ")[1].split(" ")[1] for problem in caught.value.problems]
    assert names == ["EXP", "LOGISTIC", "ABS"]


def test_other_files_are_refused(tmp_path: Path) -> None:
    data = convolutional()
    assert "is no TFLite file" in message_of(b"", tmp_path)
    assert "is no TFLite file: bytes 4 to 7 must be 'TFL3'" in message_of(
        data[:4] + b"XXXX" + data[8:], tmp_path
    )
    for size in (8, 20, 100, len(data) // 2, len(data) - 60):
        assert "is no intact TFLite file" in message_of(data[:size], tmp_path)


def test_weights_that_many_operators_share_are_counted(tmp_path: Path) -> None:
    """A small file must not become a large graph."""
    c = Chain()
    x = c.input([1, 512])
    y = c.dense(x, 512)
    weight = c.writer.graph.operators[0].inputs[1]
    for _ in range(200):
        z = c.new([1, 512])
        c.writer.operator("FULLY_CONNECTED", [y, weight, -1], [z], "FullyConnectedOptions")
        y = z
    text = message_of(c.finish(y), tmp_path)
    assert "the operators have more than 33554432 weights or 65536 channels" in text


def test_pixels_with_constants_of_their_own_are_counted(tmp_path: Path) -> None:
    c = Chain()
    x = c.input([1, 1000, 1000, 1])
    for _ in range(20):
        y = c.new([1, 1000, 1000, 1])
        c.writer.operator(
            "AVERAGE_POOL_2D",
            [x],
            [y],
            "Pool2DOptions",
            padding=0,
            strideH=1,
            strideW=1,
            filterHeight=3,
            filterWidth=3,
        )
        x = y
    assert "the most that is accepted" in message_of(c.finish(x), tmp_path)


def test_a_thousand_operators_are_read_quickly(tmp_path: Path) -> None:
    c = Chain()
    x = c.input([1, 4])
    for _ in range(1000):
        x = c.softmax(x)
    path = tmp_path / "model.tflite"
    path.write_bytes(c.finish(x))
    began = time.perf_counter()
    assert len(import_model(path).graph.operations) == 1000
    assert time.perf_counter() - began < 5
    for _ in range(25):
        x = c.softmax(x)
    assert "holds 1025 entries, at most 1024 are accepted" in message_of(c.finish(x), tmp_path)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.schema_py_generated", None)
    assert "pip install 'isomac[tflite]'" in message_of(convolutional(), tmp_path)


def test_a_wide_softmax_is_remarked(tmp_path: Path) -> None:
    c = Chain()
    path = tmp_path / "model.tflite"
    path.write_bytes(c.finish(c.softmax(c.input([1, 600]))))
    (remark,) = import_model(path).remarks
    assert "600 channels" in remark
