"""Average pools with any window, shared sums included."""

from dataclasses import replace
from typing import Any

import pytest

from isomac.compile.geometry import Geometry
from isomac.compile.work import ArrayWork
from tests.sw.compile.equal import SHAPES, check_all
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.small_graphs import graph, tensor
from tests.sw.small_operations import average_pool


@pytest.mark.parametrize(
    ("changes", "output"),
    [
        ({}, (2, 2)),
        ({"kernel": (1, 1), "stride": (1, 1)}, (4, 5)),
        ({"kernel": (4, 5), "stride": (1, 1)}, (1, 1)),
        ({"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1, 1, 1)}, (4, 5)),
        ({"kernel": (3, 2), "stride": (2, 3), "padding": (2, 1, 0, 1)}, (2, 2)),
        # The whole map and padding around it.
        ({"kernel": (6, 7), "stride": (1, 1), "padding": (1, 1, 1, 1)}, (1, 1)),
    ],
)
def test_windows(changes: dict[str, Any], output: tuple[int, int]) -> None:
    for channels in (1, 3, 8):
        before = layer("conv", "x", "y", (2, channels))
        pool = replace(average_pool(), **changes)
        shapes = (
            tensor("x", (2, 4, 5)),
            tensor("y", (channels, 4, 5), zero_point=-77),
            tensor("z", (channels, *output), zero_point=20),
        )
        check_all(graph(before, pool, tensors=shapes))


def test_lanes_share_the_mean_of_a_map() -> None:
    before = layer("conv", "x", "y", (2, 7))
    pool = replace(average_pool(), kernel=(6, 7), stride=(1, 1), multiplier=2**26)
    shapes = (
        tensor("x", (2, 6, 7)),
        tensor("y", (7, 6, 7), zero_point=99),
        tensor("z", (7, 1, 1)),
    )
    lowered = check_all(graph(before, pool, tensors=shapes))
    (work,) = lowered.layers[-1].work
    assert isinstance(work, ArrayWork)
    # Some of the arrays on which this was checked do so, and some do not.
    assert {Geometry.of(work, shape, 8).lane_sum for shape in SHAPES} == {True, False}


def test_gaps_between_channels_stay() -> None:
    pool = replace(average_pool(), inputs=("c",))
    lowered = check_all(after_gaps(pool, tensors=(tensor("z", (6, 2, 2)),)))
    assert lowered.layers[-1].view.layout.slots == lowered.layers[-2].view.layout.slots


@pytest.mark.parametrize("zero_points", [(-128, 127), (127, -128), (0, 0)])
def test_padding_counts_as_zero(zero_points: tuple[int, int]) -> None:
    before = layer("conv", "x", "y", (2, 2))
    pool = replace(average_pool(), padding=(1, 1, 1, 1))
    shapes = (
        tensor("y", zero_point=zero_points[0]),
        tensor("z", (2, 3, 3), zero_point=zero_points[1]),
    )
    check_all(graph(before, pool, tensors=shapes))
