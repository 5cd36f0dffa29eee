"""Maximum pools with any window."""

from dataclasses import replace
from typing import Any

import pytest

from isomac.compile.work import ArrayWork
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.small_graphs import graph, tensor
from tests.sw.small_operations import max_pool


@pytest.mark.parametrize(
    ("changes", "output"),
    [
        ({}, (2, 2)),
        ({"kernel": (1, 1), "stride": (1, 1)}, (4, 5)),
        ({"kernel": (4, 5), "stride": (1, 1)}, (1, 1)),
        ({"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1, 1, 1)}, (4, 5)),
        # Windows that lie on padding for the most part.
        ({"kernel": (2, 2), "stride": (2, 2), "padding": (1, 1, 1, 1)}, (3, 3)),
        ({"kernel": (2, 3), "stride": (3, 1), "padding": (0, 2, 1, 2)}, (2, 7)),
        ({"kernel": (2, 2), "stride": (1, 1), "dilation": (3, 2)}, (1, 3)),
        ({"kernel": (2, 2), "stride": (1, 1), "dilation": (3, 4), "padding": (3, 4, 0, 0)}, (4, 5)),
    ],
)
def test_windows(changes: dict[str, Any], output: tuple[int, int]) -> None:
    for channels in (1, 3, 8):
        before = layer("conv", "x", "y", (2, channels))
        pool = replace(max_pool(), **{"kernel": (2, 2), **changes})
        shapes = (
            tensor("x", (2, 4, 5)),
            tensor("y", (channels, 4, 5)),
            tensor("z", (channels, *output)),
        )
        lowered = check_all(graph(before, pool, tensors=shapes))
        (work,) = lowered.layers[-1].work
        assert isinstance(work, ArrayWork)
        assert work.reduce_max
        # One tile's weights serve all channels.
        assert work.weight_restart


def test_gaps_between_channels_stay() -> None:
    pool = replace(max_pool(), inputs=("c",))
    lowered = check_all(after_gaps(pool, tensors=(tensor("z", (6, 2, 2)),)))
    assert lowered.layers[-1].view.layout.slots == lowered.layers[-2].view.layout.slots


@pytest.mark.parametrize("zero_point", [-128, 0, 127])
def test_padding_is_below_everything(zero_point: int) -> None:
    before = layer("conv", "x", "y", (2, 2))
    pool = replace(max_pool(), padding=(1, 1, 1, 1))
    shapes = (
        tensor("y", zero_point=zero_point),
        tensor("z", (2, 3, 3), zero_point=zero_point),
    )
    check_all(graph(before, pool, tensors=shapes))
