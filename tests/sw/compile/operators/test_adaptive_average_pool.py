"""Adaptive average pools: each output pixel has a window of its own."""

from dataclasses import replace

import numpy as np
import pytest

from isomac.compile.work import ArrayWork
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.small_graphs import graph, tensor
from tests.sw.small_operations import adaptive

Spans = tuple[tuple[int, int], ...]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (((0, 4),), ((0, 5),)),
        (((0, 1), (1, 2), (2, 3), (3, 4)), ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))),
        (((0, 2), (1, 4)), ((0, 2), (1, 4), (3, 5))),
        # Repeated windows, and more outputs than pixels.
        (((3, 4),) * 5, ((0, 5), (0, 5))),
        (((2, 3),), ((4, 5),)),
    ],
)
def test_windows(rows: Spans, columns: Spans) -> None:
    rng = np.random.default_rng(1)
    size = (len(rows), len(columns))
    pool = replace(
        adaptive(),
        rows=rows,
        columns=columns,
        multiplier=rng.integers(2**29, 2**30, size),
        shift=rng.integers(31, 36, size),
    )
    for channels in (1, 6):
        before = layer("conv", "x", "y", (2, channels))
        shapes = (
            tensor("x", (2, 4, 5)),
            tensor("y", (channels, 4, 5), zero_point=-100),
            tensor("z", (channels, *size), zero_point=5),
        )
        lowered = check_all(graph(before, pool, tensors=shapes))
        work = [item for item in lowered.layers[-1].work if isinstance(item, ArrayWork)]
        assert [item.output_origin for item in work] == [
            (y, x) for y in range(size[0]) for x in range(size[1])
        ]


def test_gaps_between_channels_stay() -> None:
    pool = replace(adaptive(), inputs=("c",))
    lowered = check_all(after_gaps(pool, tensors=(tensor("z", (6, 2, 1)),)))
    assert lowered.layers[-1].view.layout.slots == lowered.layers[-2].view.layout.slots
