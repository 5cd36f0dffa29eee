"""Convolutions: dense, grouped and depthwise, with any window."""

from typing import Any

import numpy as np
import pytest

from isomac.compile.lowering import Lowered
from isomac.compile.work import ArrayWork
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.small_graphs import graph, tensor


def jobs(lowered: Lowered) -> list[ArrayWork]:
    """Return the work of the last layer."""
    return [work for work in lowered.layers[-1].work if isinstance(work, ArrayWork)]


@pytest.mark.parametrize(
    ("size", "kernel", "changes", "output"),
    [
        # As large as the map, and larger with padding on every side or on one.
        ((4, 5), (4, 5), {}, (1, 1)),
        ((1, 1), (3, 3), {"padding": (1, 1, 1, 1)}, (1, 1)),
        ((1, 2), (5, 1), {"padding": (4, 0, 0, 0)}, (1, 2)),
        ((2, 1), (1, 5), {"padding": (0, 0, 0, 4)}, (2, 1)),
        # Windows that skip pixels, by stride or dilation, and differ in y and x.
        ((7, 6), (1, 1), {"stride": (3, 2)}, (3, 3)),
        ((7, 6), (3, 2), {"dilation": (2, 3)}, (3, 3)),
        ((5, 9), (2, 3), {"stride": (2, 1), "dilation": (1, 2), "padding": (1, 0, 0, 3)}, (3, 8)),
        ((6, 5), (3, 3), {"stride": (4, 4), "padding": (2, 2, 2, 2)}, (2, 2)),
        # Rows and columns alone.
        ((1, 9), (1, 4), {}, (1, 6)),
        ((9, 1), (4, 1), {}, (6, 1)),
    ],
)
def test_windows(
    size: tuple[int, int], kernel: tuple[int, int], changes: dict[str, Any], output: tuple[int, int]
) -> None:
    for channels, groups in (((3, 4), 1), ((3, 3), 3), ((4, 6), 2)):
        operation = layer("conv", "x", "y", channels, kernel, groups=groups, **changes)
        shapes = (tensor("x", (channels[0], *size)), tensor("y", (channels[1], *output)))
        check_all(graph(operation, tensors=shapes))


@pytest.mark.parametrize("channels", [(1, 1), (1, 7), (7, 1), (4, 4), (5, 9), (9, 5), (12, 8)])
def test_channels(channels: tuple[int, int]) -> None:
    operation = layer("conv", "x", "y", channels, (2, 2))
    shapes = (tensor("x", (channels[0], 3, 4)), tensor("y", (channels[1], 2, 3)))
    check_all(graph(operation, tensors=shapes))


@pytest.mark.parametrize(
    ("channels", "groups", "dense", "count"),
    [
        ((8, 8), 8, False, 1),
        # Each channel has two filters: no depthwise job, which has one.
        ((4, 8), 4, True, 2),
        ((8, 8), 2, True, 2),
        ((8, 8), 4, True, 2),
        # Groups that end within a word of four.
        ((9, 9), 3, True, 3),
        ((6, 6), 2, True, 2),
        ((1, 5), 1, True, 1),
    ],
)
def test_groups(channels: tuple[int, int], groups: int, dense: bool, count: int) -> None:
    operation = layer("conv", "x", "y", channels, (2, 2), groups=groups)
    shapes = (tensor("x", (channels[0], 3, 4)), tensor("y", (channels[1], 2, 3)))
    work = jobs(check_all(graph(operation, tensors=shapes)))
    assert [item.dense for item in work] == [dense] * count


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_gaps_between_channels(groups: int) -> None:
    operation = layer("conv", "c", "y", (6, 6), (2, 2), groups=groups)
    lowered = check_all(after_gaps(operation, tensors=(tensor("y", (6, 3, 3)),)))
    (layout,) = {work.destination.layout for work in jobs(lowered)}
    # A depthwise job leaves each channel in its slot.
    assert layout.is_dense == (groups != 6)


@pytest.mark.parametrize("zero_points", [(-128, 127), (127, -128), (0, 0)])
def test_padding_reads_as_the_zero_point(zero_points: tuple[int, int]) -> None:
    for groups in (1, 3):
        operation = layer(
            "conv", "x", "y", (3, 3), (3, 3), groups=groups, padding=(2, 2, 2, 2), stride=(2, 2)
        )
        shapes = (
            tensor("x", (3, 3, 3), zero_point=zero_points[0]),
            tensor("y", (3, 3, 3), zero_point=zero_points[1]),
        )
        check_all(graph(operation, tensors=shapes))


@pytest.mark.parametrize("groups", [1, 3])
def test_extreme_constants(groups: int) -> None:
    """Channels with nothing in common: no weights, the largest ones, the longest shift."""
    weight = np.zeros((3, 3 // groups, 2, 2), np.int8)
    weight[1], weight[2] = -128, 127
    operation = layer(
        "conv",
        "x",
        "y",
        (3, 3),
        (2, 2),
        groups=groups,
        weight=weight,
        bias=np.array([2**31 - 1, -(2**30), 0], np.int32),
        multiplier=np.array([2**31 - 1, 1, 0]),
        shift=np.array([62, 1, 31]),
        quant_min=-100,
        quant_max=100,
    )
    check_all(graph(operation, tensors=(tensor("x", (3, 3, 3)), tensor("y", (3, 2, 2)))))
