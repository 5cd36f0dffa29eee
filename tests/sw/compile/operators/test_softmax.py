"""Softmax: work of a unit of its own, which wants channels without gaps."""

from dataclasses import replace

import numpy as np
import pytest

from isomac.compile.work import SoftmaxWork
from isomac.graph.operation import Operation
from isomac.graph.operators.reshape import Reshape
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.small_graphs import graph, tensor
from tests.sw.small_operations import newton_softmax, softmax


@pytest.mark.parametrize("shape", [(1, 1, 1), (9, 1, 1), (3, 4, 5), (8, 2, 1)])
def test_channels_of_every_pixel(shape: tuple[int, int, int]) -> None:
    shapes = (tensor("x", shape), tensor("y", shape), tensor("z", shape, zero_point=-128))
    lowered = check_all(
        graph(layer("conv", "x", "y", (shape[0], shape[0])), softmax(), tensors=shapes)
    )
    (work,) = lowered.layers[-1].work
    assert isinstance(work, SoftmaxWork)
    assert work.zero_point == -128
    assert work.reads == (work.source,)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 1), (9, 1, 1), (13, 1, 1), (3, 4, 5)])
@pytest.mark.parametrize("table", ["exponential", "random", "nothing", "everything"])
def test_newton(shape: tuple[int, int, int], table: str) -> None:
    operation = newton_softmax()
    values = {
        "exponential": operation.table,
        "random": np.random.default_rng(1).integers(0, 2**31, 256),
        "nothing": np.zeros(256, np.int64),
        "everything": np.full(256, 2**31 - 1),
    }[table].copy()
    values[255] = 2**31 - 1
    shapes = (tensor("x", shape), tensor("y", shape), tensor("z", shape, zero_point=-128))
    conv = layer("conv", "x", "y", (shape[0], shape[0]))
    lowered = check_all(graph(conv, newton_softmax(table=values), tensors=shapes))
    (work,) = lowered.layers[-1].work
    assert isinstance(work, SoftmaxWork)
    assert (work.method, work.zero_point) == ("newton", -128)


@pytest.mark.parametrize("operation", [softmax(), newton_softmax()])
def test_gaps_are_closed_first(operation: Operation) -> None:
    operation = replace(operation, inputs=("c",))
    z = tensor("z", (6, 4, 4), zero_point=-128)
    lowered = check_all(after_gaps(operation, tensors=(z,)))
    assert [layer.name for layer in lowered.layers[-2:]] == ["softmax:copy0", "softmax"]
    assert lowered.layers[-1].view.layout.is_dense


def test_a_flattened_map_is_put_in_order_first() -> None:
    flatten = Reshape(name="flatten", inputs=("y",), output="f")
    operation = replace(softmax(), inputs=("f",))
    network = graph(
        layer("conv", "x", "y", (2, 2)),
        flatten,
        operation,
        tensors=(tensor("f", (32,)), tensor("z", (32,))),
    )
    lowered = check_all(network)
    assert [layer.label for layer in lowered.layers if layer.work][1:] == ["copy", "softmax"]
