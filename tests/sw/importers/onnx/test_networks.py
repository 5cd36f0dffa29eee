"""How quantize and dequantize nodes may lie, and random networks against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from isomac.golden.evaluate import evaluate
from isomac.importers import Imported, import_model
from isomac.referees.ort import judge
from tests.sw.importers.onnx.qdq import Qdq, Value


def kinds(model: Imported) -> list[str]:
    return [type(operation).__name__ for operation in model.graph.operations]


def inputs_of(model: Imported, count: int = 32) -> np.ndarray:
    shape = model.graph.tensor(model.graph.inputs[0]).shape
    return np.random.default_rng(1).integers(-128, 128, (count, *shape), np.int8)


def saved(net: Qdq, result: Value, folder: Path) -> Imported:
    net.output(result)
    return import_model(net.save(folder / "model.onnx"))


def test_relu_and_pool_between_convolution_and_quantization(tmp_path: Path) -> None:
    """Steps are monotone, so that the convolution is quantized and the pool picks bytes."""
    net = Qdq()
    x = net.quantized(net.input((3, 8, 8)))
    y = net.unary("Relu", net.conv(x, 4, (3, 3), shape=(6, 6)))
    y = Value(net.node("MaxPool", [y.name], kernel_shape=[2, 2], strides=[2, 2]), (4, 3, 3), 1)
    y = Value(net.node("Flatten", [y.name]), (36,), 3)
    model = saved(net, net.quantized(y), tmp_path)
    assert kinds(model) == ["Convolution", "MaxPool", "Reshape"]
    assert model.graph.operations[0].quant_min > -128
    assert judge(model, inputs_of(model)).largest <= 1


def test_matmul_and_add(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((6,)))
    weight, _ = net.weight((6, 5), axis=1)
    product = net.node("MatMul", [x.name, weight])
    bias = net.constant(np.float32([1, -2, 0.3, 0, 4]))
    y = Value(net.node("Add", [bias, product]), (5,), 2.0)
    model = saved(net, net.quantized(y), tmp_path)
    assert kinds(model) == ["Linear"]
    assert judge(model, inputs_of(model, 512)).share < 0.01


def test_batch_norm_is_folded(tmp_path: Path) -> None:
    net = Qdq(seed=5)
    x = net.quantized(net.input((3, 6, 6)))
    y = net.conv(x, 4, (3, 3), shape=(4, 4))
    parameters = [net.random.uniform(0.3, 1.5, 4).astype(np.float32) for _ in range(4)]
    parameters[0][1] *= -1
    name = net.node("BatchNormalization", [y.name, *(net.constant(p) for p in parameters)])
    y = net.unary("Relu", Value(name, y.shape, y.spread))
    model = saved(net, net.quantized(y), tmp_path)
    assert kinds(model) == ["Convolution"]
    found = judge(model, inputs_of(model, 256))
    assert found.largest <= 1
    assert found.share < 0.003


def test_concat_of_different_scales(tmp_path: Path) -> None:
    net = Qdq()
    x = net.input((3, 6, 6))
    x = net.quantized(x)
    y = net.quantized(net.conv(x, 4, (1, 1), shape=(6, 6)))
    name = net.node("Concat", [x.name, y.name], axis=1)
    model = saved(net, net.quantized(Value(name, (7, 6, 6), 2.137)), tmp_path)
    assert kinds(model) == ["Convolution", "Scale", "Scale", "Concatenate"]
    found = judge(model, inputs_of(model))
    assert found.largest <= 1
    assert found.share < 0.003


def test_concat_takes_results_before_they_are_quantized(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((3, 6, 6)))
    parts = [net.conv(x, 4, (1, 1), shape=(6, 6)) for _ in range(2)]
    name = net.node("Concat", [part.name for part in parts], axis=1)
    model = saved(net, net.quantized(Value(name, (8, 6, 6), 2.0)), tmp_path)
    assert kinds(model) == ["Convolution", "Convolution", "Concatenate"]


def test_residual_addition(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((3, 6, 6)))
    y = net.quantized(net.conv(x, 3, (1, 1), shape=(6, 6)))
    name = net.node("Relu", [net.node("Add", [x.name, y.name])])
    model = saved(net, net.quantized(Value(name, (3, 6, 6), 2.0)), tmp_path)
    assert kinds(model) == ["Convolution", "Add"]
    assert judge(model, inputs_of(model)).share < 0.003


def test_a_hard_swish_in_pieces_is_one_table(tmp_path: Path) -> None:
    """The gate is quantized before the product; its table is not needed in the end."""
    net = Qdq()
    x = net.quantized(net.input((3, 6, 6)))
    gate = net.quantized(net.unary("HardSigmoid", x), 1 / 255, -128)
    name = net.node("Mul", [x.name, gate.name])
    model = saved(net, net.quantized(Value(name, x.shape, 1.3)), tmp_path)
    assert kinds(model) == ["Lookup"]
    assert judge(model, inputs_of(model)).differing == 0


def test_narrow_ranges(tmp_path: Path) -> None:
    """A Clip behind a QuantizeLinear, as Brevitas writes it for few bits."""
    net = Qdq()
    x = net.quantized(net.input((3, 6, 6)), 1 / 7, 0, clip=(-7, 7))
    y = net.quantized(net.conv(x, 4, (2, 2), shape=(5, 5)), 1.1, 0, clip=(-8, 7))
    model = saved(net, y, tmp_path)
    assert kinds(model) == ["Clamp", "Convolution"]
    (convolution,) = model.graph.operations[1:]
    assert (convolution.quant_min, convolution.quant_max) == (-8, 7)
    assert judge(model, inputs_of(model)).largest <= 1


def test_channels_last(tmp_path: Path) -> None:
    """A model of TensorFlow reads (N, H, W, C) and turns it around."""
    net = Qdq()
    x = net.quantized(net.input((6, 5, 3)))
    y = Value(net.node("Transpose", [x.name], perm=[0, 3, 1, 2]), (3, 6, 5), 1.0)
    y = net.quantized(net.conv(y, 4, (2, 2), shape=(5, 4)))
    model = saved(net, Value(net.node("Transpose", [y.name], perm=[0, 2, 3, 1]), (), 1), tmp_path)
    assert model.channels_last
    assert model.graph.tensor("x").shape == (3, 6, 5)
    assert kinds(model) == ["Convolution"]
    assert judge(model, inputs_of(model)).share < 0.003


def test_a_transpose_that_moves_nothing_is_a_reshape(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((3, 6, 5)))
    y = Value(net.node("GlobalAveragePool", [x.name]), (3, 1, 1), 0.3)
    y = net.quantized(y)
    y = Value(net.node("Transpose", [y.name], perm=[0, 2, 3, 1]), (1, 1, 3), 0.3)
    name = net.node("Reshape", [y.name, net.constant(np.array([1, -1]))])
    y = net.gemm(Value(name, (3,), 0.3), 4)
    model = saved(net, net.quantized(y), tmp_path)
    assert kinds(model) == ["AveragePool", "Reshape", "Linear"]


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
def test_integer_inputs(kind: type, tmp_path: Path) -> None:
    net = Qdq(unsigned=kind is np.uint8)
    value = onnx.helper.make_tensor_value_info(
        "x", onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind)), ["N", 3, 6, 6]
    )
    net.inputs.append(value)
    point = 3 if kind is np.int8 else 131
    constants = net.constant(np.float32(0.02)), net.constant(np.array(point, kind))
    x = Value(net.node("DequantizeLinear", ["x", *constants]), (3, 6, 6), 1.0)
    model = saved(net, net.quantized(net.conv(x, 4, (2, 2), shape=(5, 5))), tmp_path)
    assert model.graph.tensor("x").zero_point == 3
    assert judge(model, inputs_of(model)).share < 0.003


def test_a_fixed_batch(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((3, 6, 6), batch=4))
    y = net.conv(x, 4, (2, 2), shape=(5, 5))
    name = net.node("Reshape", [y.name, net.constant(np.array([4, -1]))])
    model = saved(net, net.quantized(Value(name, (100,), y.spread)), tmp_path)
    assert judge(model, inputs_of(model, 10)).share < 0.003


def test_shapes_that_the_file_computes(tmp_path: Path) -> None:
    """The batch is read from the input, as exporters do for an open one."""
    net = Qdq()
    x = net.quantized(net.input((3, 6, 6)))
    size = net.node("Shape", [x.name])
    batch = net.node("Gather", [size, net.constant(np.array([0]))], axis=0)
    wanted = net.node("Concat", [batch, net.constant(np.array([-1]))], axis=0)
    y = Value(net.node("Reshape", [x.name, wanted]), (108,), 1.0)
    model = saved(net, net.quantized(net.gemm(y, 4)), tmp_path)
    assert kinds(model) == ["Reshape", "Linear"]


def test_a_softmax_at_the_end_needs_no_steps(tmp_path: Path) -> None:
    net = Qdq()
    x = net.quantized(net.input((6,)))
    x = net.quantized(net.gemm(x, 5))
    model = saved(net, net.unary("Softmax", x), tmp_path)
    (output,) = model.graph.outputs
    assert (model.graph.tensor(output).scale, model.graph.tensor(output).zero_point) == (
        1 / 256,
        -128,
    )
    assert "is not quantized in the file" in model.remarks[0]


@st.composite
def networks(draw: st.DrawFn) -> Qdq:
    """A chain of random operators with branches, quantized in random places."""
    net = Qdq(
        draw(st.integers(0, 1 << 20)),
        unsigned=draw(st.booleans()),
        opset=draw(st.sampled_from([13, 15, 17])),
    )
    size = draw(st.integers(5, 9)), draw(st.integers(5, 9))
    value = net.quantized(net.input((draw(st.integers(1, 5)), *size)))
    for _ in range(draw(st.integers(1, 5))):
        value = draw(st.sampled_from(STEPS))(draw, net, value)
    if draw(st.booleans()):
        channels = value.shape[0]
        value = net.quantized(
            Value(net.node("GlobalAveragePool", [value.name]), (channels, 1, 1), value.spread / 3)
        )
        value = Value(net.node("Flatten", [value.name]), (channels,), value.spread)
        value = net.quantized(net.gemm(value, draw(st.integers(1, 9))))
    net.output(value)
    return net


def _convolution(draw: st.DrawFn, net: Qdq, value: Value) -> Value:
    channels, *size = value.shape
    groups = draw(st.sampled_from([1, channels]))
    outputs = groups * draw(st.integers(1, 3))
    kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    pads = [draw(st.integers(0, 2)) for _ in range(4)]
    strides = [draw(st.integers(1, 2)) for _ in range(2)]
    shape = [
        (size[axis] + pads[axis] + pads[axis + 2] - kernel[axis]) // strides[axis] + 1
        for axis in (0, 1)
    ]
    if min(shape) < 3:
        return value
    result = net.conv(
        value,
        outputs,
        kernel,
        groups=groups,
        bias=draw(st.booleans()),
        per_channel=draw(st.booleans()),
        pads=pads,
        strides=strides,
        shape=(shape[0], shape[1]),
    )
    if draw(st.booleans()):
        result = net.unary("Relu", result)
    return net.quantized(result)


def _table(draw: st.DrawFn, net: Qdq, value: Value) -> Value:
    operator = draw(st.sampled_from(["Sigmoid", "Tanh", "LeakyRelu", "HardSigmoid", "Relu"]))
    return net.quantized(net.unary(operator, value))


def _branch(draw: st.DrawFn, net: Qdq, value: Value) -> Value:
    channels, height, width = value.shape
    other = net.quantized(net.conv(value, channels, (1, 1), shape=(height, width)))
    if draw(st.booleans()):
        name = net.node("Concat", [value.name, other.name], axis=1)
        shape = (2 * channels, height, width)
    else:
        name, shape = net.node("Add", [other.name, value.name]), value.shape
    return net.quantized(Value(name, shape, max(value.spread, other.spread) * 1.37))


def _pool(draw: st.DrawFn, net: Qdq, value: Value) -> Value:
    channels, height, width = value.shape
    if height < 2:
        return value
    operator = draw(st.sampled_from(["MaxPool", "AveragePool"]))
    name = net.node(operator, [value.name], kernel_shape=[2, 3], pads=[0, 1, 0, 1])
    spread = value.spread if operator == "MaxPool" else value.spread * 0.617
    return net.quantized(Value(name, (channels, height - 1, width), spread))


STEPS = [_convolution, _convolution, _table, _branch, _pool]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(net=networks())
def test_random_networks(net: Qdq, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each operation, given what ONNX Runtime gave it, is at most one step off, and seldom.

    The biases are real numbers, which are rounded to steps of input times weight: where a layer has
    few products, that moves a percent of its results.
    """
    folder = tmp_path_factory.mktemp("random")
    assume(len(net.nodes) > 2)
    model = import_model(net.save(folder / "model.onnx"))
    inputs = inputs_of(model)
    found = judge(model, inputs, by_layer=True)
    assert found.largest <= 1
    assert found.differing <= max(8, 0.03 * found.values)
    again = import_model(folder / "model.onnx")
    assert again.graph == model.graph
    assert set(evaluate(model.graph, inputs[:1])) >= set(model.origins)
