"""Every rule of the integer graph, broken once, with the sentence that says so."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from isomac.errors import GraphError
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.add import Add
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.clamp import Clamp
from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.max_pool import MaxPool
from isomac.graph.operators.reshape import Reshape
from isomac.graph.operators.softmax import Softmax, softmax_table
from isomac.graph.tensor import Tensor
from isomac.graph.verify import verify
from tests.sw.small_graphs import after_convolution, convolution, graph, linear, tensor


def max_pool(**changes: Any) -> MaxPool:
    fields = {"kernel": (2, 2), "stride": (2, 2), "dilation": (1, 1), "padding": (0, 0, 0, 0)}
    return MaxPool(name="pool", output="z", **{"inputs": ("y",), **fields, **changes})


def average_pool(**changes: Any) -> AveragePool:
    fields = {
        "kernel": (2, 2),
        "stride": (2, 2),
        "padding": (0, 0, 0, 0),
        "multiplier": 2**30,
        "shift": 32,
        "quant_min": -128,
        "quant_max": 127,
    }
    return AveragePool(name="pool", output="z", **{"inputs": ("y",), **fields, **changes})


def adaptive(**changes: Any) -> AdaptiveAveragePool:
    fields = {
        "rows": ((0, 2), (1, 4)),
        "columns": ((0, 4),),
        "multiplier": np.full((2, 1), 2**30, np.int64),
        "shift": np.full((2, 1), 33, np.int64),
        "quant_min": -128,
        "quant_max": 127,
    }
    return AdaptiveAveragePool(name="pool", output="z", **{"inputs": ("y",), **fields, **changes})


def add(**changes: Any) -> Add:
    fields = {
        "inputs": ("y", "x"),
        "multipliers": (2**30, 2**29),
        "shift": 31,
        "quant_min": -128,
        "quant_max": 127,
    }
    return Add(name="add", output="z", **{**fields, **changes})


def clamp(**changes: Any) -> Clamp:
    fields = {"quant_min": 3, "quant_max": 127}
    return Clamp(name="clamp", inputs=("y",), output="z", **{**fields, **changes})


def softmax(**changes: Any) -> Softmax:
    fields = {"table": softmax_table(0.5), "reciprocal_bits": 32, "shift": 24}
    return Softmax(name="softmax", inputs=("y",), output="z", **{**fields, **changes})


CONCATENATE = Concatenate(name="concatenate", inputs=("y", "x"), output="z")
RESHAPE = Reshape(name="reshape", inputs=("y",), output="z")
VECTORS = (tensor("x", (4,)), tensor("y", (2,)))
POOLED = tensor("z", (2, 2, 2))


@pytest.mark.parametrize(
    "case",
    [
        graph(convolution()),
        graph(convolution(weight=np.ones((2, 1, 3, 3), np.int8), groups=2)),
        graph(linear(), tensors=VECTORS),
        after_convolution(max_pool(), POOLED),
        after_convolution(average_pool(), POOLED),
        after_convolution(adaptive(), tensor("z", (2, 2, 1))),
        after_convolution(add()),
        after_convolution(add(inputs=("y", "y"))),
        after_convolution(clamp()),
        after_convolution(CONCATENATE, tensor("z", (4, 4, 4))),
        after_convolution(RESHAPE, tensor("z", (32,))),
        after_convolution(RESHAPE, tensor("z", (8, 1, 4))),
        after_convolution(softmax()),
    ],
    ids=lambda case: case.operations[-1].name,
)
def test_what_keeps_the_rules_is_accepted(case: Graph) -> None:
    verify(case)


class Unknown(Reshape):
    """An operator that is in no file of `graph/operators`."""


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (graph(convolution(), operations=()), "graph 'small' has no operation"),
        (
            replace(graph(convolution()), tensors=(tensor("x"), tensor("y"), tensor("y"))),
            "graph 'small' has two tensors named 'y'",
        ),
        (
            graph(convolution(), convolution(inputs=("y",), output="z")),
            "graph 'small' has two operations named 'convolution'",
        ),
        (
            after_convolution(Unknown(name="unknown", inputs=("y",), output="z")),
            "Unknown 'unknown' is no operator of the integer graph",
        ),
        (graph(convolution(), inputs=("w",)), "graph 'small': input 'w' is no tensor"),
        (graph(convolution(), inputs=("x", "x")), "graph 'small' has two inputs named 'x'"),
        (
            graph(convolution(inputs=("w",))),
            "Convolution 'convolution': input 'w' is no tensor of the graph",
        ),
        (
            graph(convolution(name="late", inputs=("z",)), convolution(output="z")),
            "Convolution 'late': input 'z' is read before it is produced",
        ),
        (
            graph(convolution(), tensors=(tensor("x"), tensor("z")), outputs=("z",)),
            "tensor 'z' is neither an input nor produced",
        ),
        (
            graph(convolution(), convolution(name="again")),
            "Convolution 'again': output 'y' is produced twice",
        ),
        (
            graph(convolution(output="x")),
            "Convolution 'convolution': output 'x' is produced twice",
        ),
        (graph(convolution(), inputs=()), "'convolution': input 'x' is read before"),
        (graph(convolution(), outputs=()), "graph 'small' has no output"),
        (graph(convolution(), outputs=("y", "y")), "graph 'small' has two outputs named 'y'"),
        (graph(convolution(), outputs=("w",)), "graph 'small' has no tensor 'w'"),
        (
            graph(convolution(), outputs=("y", "x")),
            "graph 'small': output 'x' must be produced by an operation",
        ),
        (
            graph(convolution(), inputs=("x", "w"), tensors=(tensor("w"),)),
            "tensor 'w' is neither read nor an output",
        ),
        (
            graph(convolution(), clamp(), outputs=("y",)),
            "tensor 'z' is neither read nor an output",
        ),
        (
            graph(Clamp(name="clamp", inputs=("x",), output="y", quant_min=0, quant_max=1)),
            "graph 'small' has no multiply-accumulate",
        ),
    ],
)
def test_rules_of_the_whole_graph(case: Graph, sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        verify(case)


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
