"""Every operator, alone or behind a convolution, agrees with the reference and has its form."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.max_pool import MaxPool
from tests.sw.frontend.support import Net, assert_agrees, convolution, kinds, quantized


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"kernel": 1}, (3, 9, 9)),
        ({"kernel": 5}, (3, 9, 9)),
        ({"kernel": (1, 7), "padding": (0, 3)}, (3, 9, 9)),
        ({"kernel": 3, "stride": 2}, (3, 10, 7)),
        ({"kernel": 3, "stride": (2, 3), "padding": (1, 0)}, (3, 10, 11)),
        ({"kernel": 2, "padding": "same"}, (3, 6, 6)),
        ({"kernel": (4, 3), "padding": "same", "dilation": (1, 2)}, (3, 9, 9)),
        ({"kernel": 3, "padding": "valid"}, (3, 6, 6)),
        ({"kernel": 3, "padding": 2, "dilation": 2}, (3, 9, 9)),
        ({"kernel": 3, "bias": False}, (3, 6, 6)),
        ({"kernel": 3, "groups": 2}, (4, 6, 6)),
        ({"kernel": 3, "groups": 4}, (4, 6, 6)),
        ({"kernel": 3, "groups": 2, "outputs": 2}, (2, 6, 6)),
        ({"kernel": 8, "padding": 0}, (3, 8, 8)),
    ],
    ids=str,
)
def test_convolution(options: dict[str, Any], shape: tuple[int, ...]) -> None:
    layer = convolution(shape[0], **{"outputs": 8, **options})
    result = quantized(Net(lambda net, x: net.layer(x), layer=layer), *shape)
    assert_agrees(result)
    (operation,) = result.graph.operations
    assert isinstance(operation, Convolution)
    assert operation.weight.shape == tuple(layer.weight.shape)
    assert abs(operation.weight.astype(int)).reshape(len(operation.weight), -1).max(1).tolist() == (
        [127] * len(operation.weight)
    )
    assert operation.groups == layer.groups
    assert operation.stride == layer.stride
    assert operation.dilation == layer.dilation


def test_same_padding_puts_the_odd_row_behind() -> None:
    result = quantized(
        Net(lambda net, x: net.layer(x), layer=nn.Conv2d(3, 4, (2, 5), padding="same")), 3, 6, 6
    )
    (operation,) = result.graph.operations
    assert isinstance(operation, Convolution)
    assert operation.padding == (0, 2, 1, 2)


@pytest.mark.parametrize("bias", [True, False])
def test_linear(bias: bool) -> None:
    result = quantized(
        Net(lambda net, x: net.layer(x), layer=nn.Linear(40, 10, bias=bias)), 40, count=64
    )
    assert_agrees(result, count=256)
    assert kinds(result) == ["Linear"]


@dataclass(frozen=True)
class Case:
    """What follows a convolution (3 to 8 channels, map 12x12), and the operations it becomes."""

    function: Any
    expected: list[str]


FOLLOWERS = {
    "relu": Case(F.relu, []),
    "relu6": Case(F.relu6, []),
    "hardtanh": Case(lambda x: F.hardtanh(x, -0.5, 0.75), []),
    "clamp": Case(lambda x: torch.clamp(x, -0.25, 1.0), []),
    "clamp_min": Case(lambda x: x.clamp(min=-0.5), []),
    "clamp_max": Case(lambda x: x.clamp_max(0.5), []),
    "max_pool": Case(lambda x: F.max_pool2d(x, 2), ["MaxPool"]),
    "max_pool_3_2_1": Case(lambda x: F.max_pool2d(x, 3, 2, 1), ["MaxPool"]),
    "max_pool_ceil": Case(lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True), ["MaxPool"]),
    "max_pool_ceil_padding": Case(
        lambda x: F.max_pool2d(x, (3, 5), (2, 4), (1, 2), ceil_mode=True), ["MaxPool"]
    ),
    "max_pool_dilation": Case(lambda x: F.max_pool2d(x, 3, 1, 1, dilation=2), ["MaxPool"]),
    "avg_pool": Case(lambda x: F.avg_pool2d(x, 3), ["AveragePool"]),
    "avg_pool_padding": Case(lambda x: F.avg_pool2d(x, 3, 2, 1), ["AveragePool"]),
    "avg_pool_uncounted_without_padding": Case(
        lambda x: F.avg_pool2d(x, 3, count_include_pad=False), ["AveragePool"]
    ),
    "avg_pool_divisor": Case(lambda x: F.avg_pool2d(x, 3, divisor_override=5), ["AveragePool"]),
    "avg_pool_ceil_divisor": Case(
        lambda x: F.avg_pool2d(x, 5, 2, ceil_mode=True, divisor_override=7), ["AveragePool"]
    ),
    "avg_pool_ceil_without_overhang": Case(
        lambda x: F.avg_pool2d(x, 2, ceil_mode=True), ["AveragePool"]
    ),
    "avg_pool_relu": Case(lambda x: F.relu(F.avg_pool2d(x, 3)), ["AveragePool"]),
    "adaptive_dividing": Case(lambda x: F.adaptive_avg_pool2d(x, (3, 4)), ["AveragePool"]),
    "adaptive_global": Case(lambda x: F.adaptive_avg_pool2d(x, 1), ["AveragePool"]),
    "adaptive_one_axis": Case(lambda x: F.adaptive_avg_pool2d(x, (None, 1)), ["AveragePool"]),
    "adaptive_overlapping": Case(
        lambda x: F.adaptive_avg_pool2d(x, (5, 7)), ["AdaptiveAveragePool"]
    ),
    "adaptive_larger": Case(lambda x: F.adaptive_avg_pool2d(x, (5, 15)), ["AdaptiveAveragePool"]),
    "mean": Case(lambda x: x.mean((2, 3)), ["AveragePool", "Reshape"]),
    "mean_negative_axes": Case(lambda x: x.mean([-1, -2]), ["AveragePool", "Reshape"]),
    "mean_keepdim": Case(lambda x: x.mean((2, 3), keepdim=True), ["AveragePool"]),
    "mean_rows": Case(lambda x: x.mean(2, keepdim=True), ["AveragePool"]),
    "add_to_itself": Case(lambda x: x + x, ["Add"]),
    "add_relu": Case(lambda x: F.relu(x + F.max_pool2d(x, 3, 1, 1)), ["MaxPool", "Add"]),
    "add_zero": Case(lambda x: sum([x, x]), ["Add"]),
    "cat": Case(lambda x: torch.cat([x, F.max_pool2d(x, 3, 1, 1)], 1), ["MaxPool", "Concatenate"]),
    "cat_same": Case(lambda x: torch.cat([x, x, x], -3), ["Concatenate"]),
    "cat_of_one": Case(lambda x: torch.cat([x], 1), []),
    "flatten": Case(lambda x: torch.flatten(x, 1), ["Reshape"]),
    "view": Case(lambda x: x.view(x.size(0), -1), ["Reshape"]),
    "view_all_but_batch": Case(lambda x: x.view(-1, 8 * 12 * 12), ["Reshape"]),
    "reshape_row": Case(lambda x: x.flatten(2).reshape(len(x), 96, 12).flatten(1), ["Reshape"]),
    "squeeze": Case(
        lambda x: F.adaptive_avg_pool2d(x, 1).squeeze(-1).squeeze(-1), ["AveragePool", "Reshape"]
    ),
    "squeeze_all": Case(
        lambda x: F.adaptive_avg_pool2d(x, 1).squeeze(), ["AveragePool", "Reshape"]
    ),
    "there_and_back": Case(
        lambda x: x.mean((2, 3))[:, :, None, None].flatten(1), ["AveragePool", "Reshape"]
    ),
    "copies": Case(lambda x: x.contiguous().clone().detach().float()[:], []),
    "dropout": Case(lambda x: F.dropout2d(F.dropout(x, training=False), training=False), []),
}


@pytest.mark.parametrize("name", FOLLOWERS)
def test_behind_a_convolution(name: str) -> None:
    case = FOLLOWERS[name]
    result = quantized(
        Net(lambda net, x: case.function(net.layer(x)), layer=convolution(3, 8)), 3, 12, 12
    )
    assert_agrees(result)
    assert kinds(result) == ["Convolution", *case.expected]


@pytest.mark.parametrize("shape", [(3, 6, 6), (12,)], ids=str)
def test_softmax(shape: tuple[int, ...]) -> None:
    layer = nn.Linear(12, 10) if len(shape) == 1 else convolution(3, 10)
    result = quantized(Net(lambda net, x: net.layer(x).softmax(1), layer=layer), *shape, count=64)
    # Half a step of the table, which has 16 fractional bits, takes 0.2 % of the values to the other
    # side of a rounding.
    assert_agrees(result, tolerance=3e-3, count=256)
    assert kinds(result)[1:] == ["Softmax"]
    output = result.graph.tensor(result.graph.outputs[0])
    assert (output.scale, output.zero_point) == (1 / 256, -128)


def test_ceil_mode_pads_behind_the_map() -> None:
    result = quantized(
        Net(
            lambda net, x: F.max_pool2d(net.layer(x), 3, 2, ceil_mode=True), layer=convolution(3, 8)
        ),
        *(3, 8, 9),
    )
    operation = result.graph.operations[1]
    assert isinstance(operation, MaxPool)
    assert operation.padding == (0, 0, 1, 0)


def test_windows_of_an_adaptive_pool() -> None:
    result = quantized(
        Net(lambda net, x: F.adaptive_avg_pool2d(net.layer(x), (3, 2)), layer=convolution(3, 8)),
        *(3, 7, 4),
    )
    operation = result.graph.operations[1]
    assert isinstance(operation, AdaptiveAveragePool)
    assert operation.rows == ((0, 3), (2, 5), (4, 7))
    assert operation.columns == ((0, 2), (2, 4))


def test_dividing_adaptive_pool_is_an_average_pool() -> None:
    result = quantized(
        Net(lambda net, x: F.adaptive_avg_pool2d(net.layer(x), (2, 4)), layer=convolution(3, 8)),
        *(3, 8, 8),
    )
    operation = result.graph.operations[1]
    assert isinstance(operation, AveragePool)
    assert operation.kernel == operation.stride == (4, 2)
