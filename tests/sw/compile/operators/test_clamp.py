"""Clamps: copies between bounds."""

from dataclasses import replace

import pytest

from isomac.graph.operators.reshape import Reshape
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.small_graphs import graph, tensor
from tests.sw.small_operations import clamp


@pytest.mark.parametrize(
    ("low", "high"), [(-128, 127), (3, 127), (-128, -128), (127, 127), (-5, 9)]
)
def test_bounds(low: int, high: int) -> None:
    operation = replace(clamp(), quant_min=low, quant_max=high)
    check_all(graph(layer("conv", "x", "y", (2, 2)), operation))


def test_a_flattened_map() -> None:
    flatten = Reshape(name="flatten", inputs=("y",), output="f")
    operation = replace(clamp(), inputs=("f",))
    shapes = (tensor("f", (32,)), tensor("z", (32,)))
    check_all(graph(layer("conv", "x", "y", (2, 2)), flatten, operation, tensors=shapes))


def test_gaps_between_channels_stay() -> None:
    operation = replace(clamp(), inputs=("c",))
    lowered = check_all(after_gaps(operation, tensors=(tensor("z", (6, 4, 4)),)))
    assert lowered.layers[-1].view.layout == lowered.layers[-2].view.layout
