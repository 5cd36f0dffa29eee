"""Every operator against ONNX Runtime, on small models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomac.importers import Imported, import_model
from isomac.referees.ort import judge
from isomac.referees.result import Agreement
from tests.sw.importers.onnx.qdq import Qdq, Value

#: Largest share of differing bytes of one operation, where sums are seldom halfway between steps.
SHARE = 0.003


def imported(net: Qdq, folder: Path) -> Imported:
    return import_model(net.save(folder / "model.onnx"))


def inputs_of(model: Imported) -> Any:
    shape = model.graph.tensor(model.graph.inputs[0]).shape
    count = 64 if len(shape) == 3 else 1024
    return np.random.default_rng(1).integers(-128, 128, (count, *shape), np.int8)


def agreement(net: Qdq, result: Value, folder: Path) -> Agreement:
    """Quantize `result` in steps that make few ties, make it the output, and ask ONNX Runtime."""
    net.output(net.quantized(result, result.spread / 71.83))
    model = imported(net, folder)
    assert model.graph.outputs[0] in model.origins
    return judge(model, inputs_of(model), by_layer=True)


def kinds(model: Imported) -> list[str]:
    return [type(operation).__name__ for operation in model.graph.operations]


def map_input(net: Qdq, channels: int = 4, size: tuple[int, int] = (7, 6)) -> Value:
    return net.quantized(net.input((channels, *size)))


Make = Callable[[Qdq], Value]

CASES: dict[str, Make] = {
    "conv": lambda n: n.conv(map_input(n), 5, (3, 3), shape=(5, 4)),
    "conv_depthwise": lambda n: n.conv(map_input(n), 4, (3, 2), groups=4, shape=(5, 5)),
    "conv_grouped": lambda n: n.conv(map_input(n), 6, (1, 1), groups=2, shape=(7, 6)),
    "conv_dilated": lambda n: n.conv(map_input(n), 3, (2, 3), dilations=[2, 2], shape=(5, 2)),
    "conv_asymmetric_pads": lambda n: n.conv(
        map_input(n), 3, (3, 3), pads=[0, 1, 2, 0], strides=[2, 1], shape=(4, 5)
    ),
    "conv_wide_pads": lambda n: n.conv(map_input(n), 3, (1, 2), pads=[1, 2, 0, 3], shape=(8, 10)),
    "conv_same_upper": lambda n: n.conv(
        map_input(n), 3, (2, 3), auto_pad="SAME_UPPER", strides=[2, 2], shape=(4, 3)
    ),
    "conv_same_lower": lambda n: n.conv(
        map_input(n), 3, (2, 3), auto_pad="SAME_LOWER", strides=[1, 2], shape=(7, 3)
    ),
    "conv_valid": lambda n: n.conv(map_input(n), 3, (2, 3), auto_pad="VALID", shape=(6, 4)),
    "conv_per_tensor": lambda n: n.conv(map_input(n), 3, (2, 2), per_channel=False, shape=(6, 5)),
    "conv_asymmetric_weight": lambda n: n.conv(
        map_input(n), 3, (2, 2), per_channel=False, zero_point=-31, shape=(6, 5)
    ),
    "conv_very_asymmetric_weight": lambda n: n.conv(
        map_input(n), 3, (2, 2), per_channel=False, zero_point=-128, shape=(6, 5)
    ),
    "conv_depthwise_asymmetric_weight": lambda n: n.conv(
        map_input(n), 4, (2, 2), groups=4, zero_point=77, shape=(6, 5)
    ),
    "conv_without_bias": lambda n: n.conv(map_input(n), 3, (2, 2), bias=False, shape=(6, 5)),
    "conv_relu": lambda n: n.unary("Relu", n.conv(map_input(n), 3, (2, 2), shape=(6, 5))),
    "gemm": lambda n: n.gemm(n.quantized(n.input((9,))), 7),
    "gemm_not_transposed": lambda n: n.gemm(n.quantized(n.input((9,))), 7, trans=False),
}


@pytest.mark.parametrize("unsigned", [False, True], ids=["int8", "uint8"])
@pytest.mark.parametrize("case", CASES)
def test_weighted(case: str, unsigned: bool, tmp_path: Path) -> None:
    net = Qdq(unsigned=unsigned)
    found = agreement(net, CASES[case](net), tmp_path)
    assert found.share <= SHARE
    assert found.largest <= 1


def plain(operator: str, **attributes: Any) -> Make:
    return lambda n: n.unary(operator, map_input(n), **attributes)


def shaped(make: Callable[[Qdq, Value], str], *shape: int) -> Make:
    """A node on a map (4, 7, 6) whose result has this shape."""

    def build(net: Qdq) -> Value:
        value = map_input(net)
        return Value(make(net, value), shape, value.spread)

    return build


def pool(operator: str, size: tuple[int, int], **attributes: Any) -> Make:
    return shaped(lambda n, v: n.node(operator, [v.name], **attributes), 4, *size)


#: Operations that only pick values, or are tables: no value may differ.
EXACT: dict[str, Make] = {
    "relu": plain("Relu"),
    "sigmoid": plain("Sigmoid"),
    "tanh": plain("Tanh"),
    "hard_sigmoid": plain("HardSigmoid", alpha=0.3, beta=0.4),
    "hard_swish": plain("HardSwish"),
    "leaky_relu": plain("LeakyRelu", alpha=0.2),
    "elu": plain("Elu", alpha=0.7),
    "selu": plain("Selu"),
    "celu": plain("Celu", alpha=1.5),
    "softplus": plain("Softplus"),
    "softsign": plain("Softsign"),
    "erf": plain("Erf"),
    "exp": plain("Exp"),
    "abs": plain("Abs"),
    "max_pool": pool("MaxPool", (3, 3), kernel_shape=[2, 2], strides=[2, 2]),
    "max_pool_ceil": pool("MaxPool", (4, 3), kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
    "max_pool_padded": pool(
        "MaxPool", (4, 3), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 0]
    ),
    "max_pool_dilated": pool("MaxPool", (3, 4), kernel_shape=[3, 2], dilations=[2, 2]),
    "max_pool_same": pool(
        "MaxPool", (4, 3), kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_LOWER"
    ),
    "global_max_pool": pool("GlobalMaxPool", (1, 1)),
    "flatten": shaped(lambda n, v: n.node("Flatten", [v.name]), 168),
    "reshape": shaped(lambda n, v: n.node("Reshape", [v.name, n.constant(np.array([0, -1]))]), 168),
    "reshape_map": shaped(
        lambda n, v: n.node("Reshape", [v.name, n.constant(np.array([-1, 4, 6, 7]))]), 4, 6, 7
    ),
    "identity": plain("Identity"),
    "dropout": plain("Dropout"),
    "square": shaped(lambda n, v: n.node("Mul", [v.name, v.name]), 4, 7, 6),
    "swish": shaped(lambda n, v: n.node("Mul", [v.name, n.node("Sigmoid", [v.name])]), 4, 7, 6),
    "add_number": shaped(
        lambda n, v: n.node("Add", [v.name, n.constant(np.float32([0.3]))]), 4, 7, 6
    ),
    "number_minus": shaped(
        lambda n, v: n.node("Sub", [n.constant(np.float32(0.3)), v.name]), 4, 7, 6
    ),
    "power": shaped(lambda n, v: n.node("Pow", [v.name, n.constant(np.float32(2))]), 4, 7, 6),
}


@pytest.mark.parametrize("unsigned", [False, True], ids=["int8", "uint8"])
@pytest.mark.parametrize("case", EXACT)
def test_selections_and_tables(case: str, unsigned: bool, tmp_path: Path) -> None:
    """The steps stay the same, so that what only moves values must not change them."""
    net = Qdq(unsigned=unsigned)
    result = EXACT[case](net)
    point = 130 if unsigned else 2
    result = Value(result.name, result.shape, result.spread)
    net.output(net.quantized(result, 1 / 60, point))
    model = imported(net, tmp_path)
    found = judge(model, inputs_of(model), by_layer=True)
    assert found.largest <= 1
    assert found.share <= SHARE, found


CLOSE: dict[str, Make] = {
    "average_pool": pool("AveragePool", (3, 3), kernel_shape=[2, 2], strides=[2, 2]),
    "average_pool_padded": pool(
        "AveragePool", (4, 3), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 0]
    ),
    "average_pool_padding_counts": pool(
        "AveragePool",
        (4, 3),
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 1, 1, 0],
        count_include_pad=1,
    ),
    "average_pool_ceil": pool(
        "AveragePool", (4, 3), kernel_shape=[2, 3], strides=[2, 2], ceil_mode=1
    ),
    "average_pool_ceil_padding_counts": pool(
        "AveragePool",
        (4, 4),
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 1, 1, 1],
        ceil_mode=1,
        count_include_pad=1,
    ),
    "average_pool_same": pool(
        "AveragePool", (4, 3), kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_UPPER"
    ),
    "global_average_pool": pool("GlobalAveragePool", (1, 1)),
    "reduce_mean": pool("ReduceMean", (1, 1), axes=[2, 3]),
    "reduce_mean_rows": pool("ReduceMean", (7, 1), axes=[-1]),
    "reduce_mean_flat": shaped(
        lambda n, v: n.node("ReduceMean", [v.name], axes=[2, 3], keepdims=0), 4
    ),
    "mul_number": shaped(
        lambda n, v: n.node("Mul", [v.name, n.constant(np.float32(-0.7))]), 4, 7, 6
    ),
    "mul_channels": shaped(
        lambda n, v: n.node(
            "Mul", [n.constant(np.float32([0.5, -1, 0, 2]).reshape(4, 1, 1)), v.name]
        ),
        4,
        7,
        6,
    ),
    "div_channels": shaped(
        lambda n, v: n.node(
            "Div", [v.name, n.constant(np.float32([0.5, -1, 3, 2]).reshape(1, 4, 1, 1))]
        ),
        4,
        7,
        6,
    ),
    "add_channels": shaped(
        lambda n, v: n.node(
            "Add", [v.name, n.constant(np.float32([0.5, -1, 0, 2]).reshape(4, 1, 1))]
        ),
        4,
        7,
        6,
    ),
    "clip": shaped(
        lambda n, v: n.node(
            "Clip", [v.name, n.constant(np.float32(-0.5)), n.constant(np.float32(0.9))]
        ),
        4,
        7,
        6,
    ),
    "min_max": shaped(
        lambda n, v: n.node(
            "Max",
            [n.node("Min", [v.name, n.constant(np.float32(0.8))]), n.constant(np.float32(-0.3))],
        ),
        4,
        7,
        6,
    ),
    "neg": plain("Neg"),
    "batch_norm": shaped(
        lambda n, v: n.node(
            "BatchNormalization",
            [
                v.name,
                *(n.constant(n.random.uniform(0.3, 1.5, 4).astype(np.float32)) for _ in range(4)),
            ],
        ),
        4,
        7,
        6,
    ),
    "pad": shaped(
        lambda n, v: n.node(
            "Pad", [v.name, n.constant(np.array([0, 0, 1, 2, 0, 0, 0, 3]))], mode="constant"
        ),
        4,
        8,
        11,
    ),
    "pad_value": shaped(
        lambda n, v: n.node(
            "Pad",
            [
                v.name,
                n.constant(np.array([0, 0, 1, 2, 0, 0, 0, 3])),
                n.constant(np.float32(0.4)),
            ],
        ),
        4,
        8,
        11,
    ),
    "pool_then_relu": lambda n: n.unary(
        "Relu", pool("AveragePool", (6, 5), kernel_shape=[2, 2])(n)
    ),
}


@pytest.mark.parametrize("unsigned", [False, True], ids=["int8", "uint8"])
@pytest.mark.parametrize("case", CLOSE)
def test_arithmetic(case: str, unsigned: bool, tmp_path: Path) -> None:
    net = Qdq(seed=3, unsigned=unsigned, opset=17)
    found = agreement(net, CLOSE[case](net), tmp_path)
    assert found.largest <= 1
    assert found.share <= SHARE, found


#: Operators that came or changed with a later version, and that version.
LATER: dict[str, tuple[int, Make]] = {
    "mish": (18, plain("Mish")),
    "gelu": (20, plain("Gelu")),
    "gelu_tanh": (20, plain("Gelu", approximate="tanh")),
    "reduce_mean": (
        18,
        shaped(
            lambda n, v: n.node("ReduceMean", [v.name, n.constant(np.array([2, 3]))], keepdims=0), 4
        ),
    ),
    "average_pool": (19, pool("AveragePool", (6, 5), kernel_shape=[2, 2])),
    "conv": (21, lambda n: n.conv(map_input(n), 5, (3, 3), shape=(5, 4))),
    "first": (13, lambda n: n.conv(map_input(n), 5, (3, 3), shape=(5, 4))),
}


@pytest.mark.parametrize("case", LATER)
def test_versions(case: str, tmp_path: Path) -> None:
    opset, make = LATER[case]
    net = Qdq(opset=opset)
    found = agreement(net, make(net), tmp_path)
    assert found.largest <= 1
    assert found.share <= SHARE, found


def test_ties(tmp_path: Path) -> None:
    """The mean of four steps is often halfway between two; then every second one differs by one."""
    net = Qdq()
    mean = pool("AveragePool", (3, 3), kernel_shape=[2, 2], strides=[2, 2])(net)
    net.output(net.quantized(mean, 1 / 60))
    model = imported(net, tmp_path)
    found = judge(model, inputs_of(model), by_layer=True)
    assert found.largest == 1
    assert 0.09 < found.share < 0.16


@pytest.mark.parametrize(("scale", "share"), [(1 / 256, SHARE), (1 / 201, 0.25)])
def test_softmax(scale: float, share: float, tmp_path: Path) -> None:
    """Other steps than 1/256 are a change of scale behind it: some values are rounded twice."""
    net = Qdq()
    net.output(net.quantized(plain("Softmax", axis=1)(net), scale, -128))
    model = imported(net, tmp_path)
    found = judge(model, inputs_of(model), by_layer=True)
    assert found.largest <= 1
    assert found.share <= share, found
    own = scale == 1 / 256
    assert kinds(model) == (["Softmax"] if own else ["Softmax", "Scale"])
    assert any("rounded twice" in remark for remark in model.remarks) is not own
