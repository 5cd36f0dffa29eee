"""Every rule of the other operations, broken once, with the sentence that says so."""

from typing import Any

import numpy as np
import pytest

from isomac.errors import GraphError
from isomac.graph.operation import Operation
from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.reshape import Reshape
from isomac.graph.tensor import Tensor
from isomac.graph.verify import verify
from tests.sw.small_graphs import after_convolution, convolution, graph, tensor
from tests.sw.small_operations import (
    CONCATENATE,
    RESHAPE,
    adaptive,
    add,
    average_pool,
    clamp,
    max_pool,
    softmax,
)

POOLED = tensor("z", (2, 2, 2))


#: A flat copy of `y` to read vectors from.
FLAT = Reshape(name="flat", inputs=("y",), output="f")


@pytest.mark.parametrize(
    ("operation", "tensors", "sentence"),
    [
        (max_pool(), (), r"output 'z' must have shape \(2, 2, 2\), not \(2, 4, 4\)"),
        (max_pool(padding=(2, 0, 0, 0)), (POOLED,), "vertical padding must be smaller"),
        (max_pool(padding=(0, 0, 0, 2)), (POOLED,), "horizontal padding must be smaller"),
        (max_pool(kernel=(5, 1)), (POOLED,), "the kernel spans 5, more than the vertical size 4"),
        (
            max_pool(dilation=(1, 4)),
            (POOLED,),
            "the kernel spans 5, more than the horizontal size 4",
        ),
        (
            max_pool(),
            (tensor("z", (2, 2, 2), scale=0.25),),
            "'y' and output 'z' must have the same quantization, not scale 0.5 .* scale 0.25 and",
        ),
        (
            max_pool(),
            (tensor("z", (2, 2, 2), zero_point=4),),
            "must have the same quantization, .* zero point 3 against .* zero point 4",
        ),
        (average_pool(), (), r"output 'z' must have shape \(2, 2, 2\)"),
        (average_pool(padding=(0, 2, 0, 0)), (POOLED,), "horizontal padding must be smaller"),
        (average_pool(quant_min=1, quant_max=0), (POOLED,), "quant_min must not be above"),
        (adaptive(), (), r"output 'z' must have shape \(2, 2, 1\), not \(2, 4, 4\)"),
        (
            adaptive(rows=((0, 2), (1, 5))),
            (tensor("z", (2, 2, 1)),),
            r"rows must end within the 4 rows of the input, not \(1, 5\)",
        ),
        (
            adaptive(columns=((0, 6),)),
            (tensor("z", (2, 2, 1)),),
            r"columns must end within the 4 columns of the input, not \(0, 6\)",
        ),
        (
            adaptive(multiplier=np.ones((1, 2), np.int64)),
            (tensor("z", (2, 2, 1)),),
            r"multiplier must have shape \(2, 1\), not \(1, 2\)",
        ),
        (
            adaptive(shift=np.ones((2, 2), np.int64)),
            (tensor("z", (2, 2, 1)),),
            r"shift must have shape \(2, 1\), not \(2, 2\)",
        ),
        (
            adaptive(quant_min=1, quant_max=0),
            (tensor("z", (2, 2, 1)),),
            "quant_min must not be above",
        ),
        (add(), (tensor("z", (2, 4, 3)),), r"output 'z' must have shape \(2, 4, 4\)"),
        (add(quant_min=1, quant_max=0), (), "quant_min must not be above quant_max"),
        (clamp(quant_min=1, quant_max=0), (), "quant_min must not be above quant_max"),
        (clamp(), (tensor("z", (32,)),), r"output 'z' must have shape \(2, 4, 4\), not \(32,\)"),
        (clamp(), (tensor("z", zero_point=0),), "must have the same quantization"),
        (CONCATENATE, (), r"output 'z' must have shape \(4, 4, 4\), not \(2, 4, 4\)"),
        (
            CONCATENATE,
            (tensor("z", (4, 4, 4)), tensor("x", scale=0.25)),
            "input 'x' and output 'z' must have the same quantization",
        ),
        (
            RESHAPE,
            (tensor("z", (31,)),),
            r"the output must hold the 32 values of the input, its shape \(31,\) holds 31",
        ),
        (RESHAPE, (tensor("z", (32,), zero_point=4),), "must have the same quantization"),
        (softmax(), (tensor("z", (2, 4, 3)),), r"output 'z' must have shape \(2, 4, 4\)"),
        (
            softmax(table=np.zeros(256, np.int64)),
            (),
            r"table\[255\] must be at least 1, it is the smallest divisor",
        ),
    ],
)
def test_rules_of_the_other_operations(
    operation: Operation, tensors: tuple[Tensor, ...], sentence: str
) -> None:
    with pytest.raises(GraphError, match=f"^{type(operation).__name__} '.*': .*{sentence}"):
        verify(after_convolution(operation, *tensors))


@pytest.mark.parametrize("make", [max_pool, average_pool, adaptive])
def test_pools_read_maps_only(make: Any) -> None:
    case = graph(convolution(), FLAT, make(inputs=("f",)), tensors=(tensor("f", (32,)),))
    with pytest.raises(GraphError, match=r"'pool': the input must have shape \(C, H, W\)"):
        verify(case)


def test_added_tensors_have_one_shape() -> None:
    case = graph(convolution(), FLAT, add(inputs=("f", "x")), tensors=(tensor("f", (32,)),))
    with pytest.raises(GraphError, match=r"the same shape, not \(32,\) and \(2, 4, 4\)"):
        verify(case)


def test_concatenated_tensors_differ_in_channels_only() -> None:
    join = Concatenate(name="join", inputs=("x", "f"), output="z")
    for shape in ((32,), (8, 1, 4)):
        case = graph(convolution(), FLAT, join, tensors=(tensor("f", shape),))
        with pytest.raises(GraphError, match="'join': the inputs must differ in their channels"):
            verify(case)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: average_pool(kernel=(4096, 4096), padding=(4095, 4095, 4095, 4095)),
            "the accumulator of pixel 0 can reach 2197815296",
        ),
        (
            lambda: adaptive(rows=((0, 1), (0, 4096)), columns=((0, 4096),)),
            r"the accumulator of output pixel \(1, 0\) can reach 2197815296",
        ),
    ],
)
def test_sums_of_pools_fit_int32(make: Any, sentence: str) -> None:
    operation = make()
    tensors = (tensor("x", (1, 4096, 4096)), tensor("y", (1, 4096, 4096)))
    z = tensor("z", operation.infer_shape([(1, 4096, 4096)]))
    first = convolution(
        weight=np.ones((1, 1, 1, 1), np.int8),
        bias=np.zeros(1, np.int32),
        multiplier=np.ones(1, np.int64),
        shift=np.ones(1, np.int64),
        padding=(0, 0, 0, 0),
    )
    with pytest.raises(GraphError, match=sentence):
        verify(graph(first, operation, tensors=(*tensors, z)))


def test_a_softmax_table_has_256_entries_up_to_one() -> None:
    with pytest.raises(GraphError, match=r"table must have shape \(256,\), not \(255,\)"):
        softmax(table=np.ones(255, np.int64))
    with pytest.raises(GraphError, match=r"table\[3\] must be in \[0, 65536\], not 65537"):
        softmax(table=np.where(np.arange(256) == 3, 65537, 1))
    with pytest.raises(GraphError, match=r"reciprocal_bits must be in \[1, 32\], not 33"):
        softmax(reciprocal_bits=33)
