"""Every rule of convolutions and linear layers, broken once, with the sentence that says so."""

import numpy as np
import pytest

from isomac.errors import GraphError
from isomac.graph.operation import Operation
from isomac.graph.tensor import Tensor
from isomac.graph.verify import verify
from tests.sw.small_graphs import convolution, graph, linear, tensor

VECTORS = (tensor("x", (4,)), tensor("y", (2,)))


def shapes(x: tuple[int, ...], y: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    return tensor("x", x), tensor("y", y)


#: 33,000 input channels of weight -128: with a zero point of 127 a sum of up to 1,077,120,000.
WIDE = np.full((2, 33_000, 1, 1), -128, np.int8)
WIDE_TENSORS = (tensor("x", (33_000, 1, 1), zero_point=127), tensor("y", (2, 1, 1)))
ROOM = 2**31 - 33_000 * 128 * 255


@pytest.mark.parametrize(
    ("operation", "tensors", "sentence"),
    [
        (convolution(), shapes((32,), (2, 4, 4)), r"must have shape \(C, H, W\), not \(32,\)"),
        (
            convolution(),
            shapes((3, 4, 4), (2, 4, 4)),
            "the weight reads 2 channels in each of 1 groups, the input has 3 channels",
        ),
        (
            convolution(),
            shapes((2, 4, 4), (2, 4, 3)),
            r"output 'y' must have shape \(2, 4, 4\), not \(2, 4, 3\)",
        ),
        (
            convolution(
                weight=np.ones((3, 1, 3, 3), np.int8),
                bias=np.zeros(3, np.int32),
                multiplier=np.ones(3, np.int64),
                shift=np.ones(3, np.int64),
                groups=2,
            ),
            shapes((2, 4, 4), (3, 4, 4)),
            "groups must divide the 3 output channels, not 2",
        ),
        (convolution(bias=np.zeros(3, np.int32)), (), "bias must have one element .* 2 .* not 3"),
        (
            convolution(multiplier=np.ones(1, np.int64)),
            (),
            "multiplier must have one element for each of 2 output channels, not 1",
        ),
        (convolution(shift=np.ones(3, np.int64)), (), "shift must have one element .* not 3"),
        (
            convolution(quant_min=5, quant_max=4),
            (),
            "quant_min must not be above quant_max, not 5 and 4",
        ),
        (
            convolution(padding=(3, 1, 1, 1)),
            (),
            "vertical padding must be smaller than the kernel, which spans 3, not 3 and 1",
        ),
        (
            convolution(padding=(1, 1, 1, 5), dilation=(1, 2)),
            (),
            "horizontal padding must be smaller than the kernel, which spans 5, not 1 and 5",
        ),
        (
            convolution(dilation=(3, 1)),
            (),
            "the kernel spans 7, more than the vertical size 6 of the padded input",
        ),
        (
            convolution(
                weight=WIDE, padding=(0, 0, 0, 0), bias=np.array([ROOM - 1, ROOM], np.int32)
            ),
            WIDE_TENSORS,
            r"the accumulator of output channel 1 can reach 2147483648, .* below 2\*\*31",
        ),
        (
            convolution(
                weight=WIDE, padding=(0, 0, 0, 0), bias=np.array([-ROOM, 1 - ROOM], np.int32)
            ),
            WIDE_TENSORS,
            "the accumulator of output channel 0 can reach 2147483648",
        ),
        (linear(), shapes((3,), (2,)), r"the input must have shape \(4,\), not \(3,\)"),
        (linear(), shapes((1, 2, 2), (2,)), r"the input must have shape \(4,\), not \(1, 2, 2\)"),
        (linear(), shapes((4,), (3,)), r"output 'y' must have shape \(2,\), not \(3,\)"),
        (linear(bias=np.zeros(1, np.int32)), VECTORS, "bias must have one element"),
        (linear(multiplier=np.ones(1, np.int64)), VECTORS, "multiplier must have one element"),
        (linear(shift=np.ones(1, np.int64)), VECTORS, "shift must have one element"),
        (linear(quant_min=1, quant_max=0), VECTORS, "quant_min must not be above quant_max"),
        (
            linear(bias=np.array([0, -(2**31)], np.int32)),
            VECTORS,
            "the accumulator of output channel 1 can reach 2147484434",
        ),
    ],
)
def test_rules_of_weighted_operations(
    operation: Operation, tensors: tuple[Tensor, ...], sentence: str
) -> None:
    with pytest.raises(GraphError, match=f"^{type(operation).__name__} '.*': .*{sentence}"):
        verify(graph(operation, tensors=tensors))


def test_the_largest_accumulator_is_accepted() -> None:
    bias = np.array([ROOM - 1, 1 - ROOM], np.int32)
    verify(
        graph(
            convolution(weight=WIDE, padding=(0, 0, 0, 0), bias=bias),
            tensors=WIDE_TENSORS,
        )
    )
