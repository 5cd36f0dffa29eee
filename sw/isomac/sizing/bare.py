"""Bare accelerators: all shapes of one M without their programs, which only jobs would tell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isomac.compile.lowering import Lowered
from isomac.compile.memory_plan import plan_memory
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork
from isomac.resources import Cores
from isomac.sizing.bounds import Axes, Integers, lanes_share, window_columns
from isomac.sizing.facts import Facts


def bare_cores(facts: Facts, lanes: int, axes: Axes) -> Cores:
    """The parameters of all shapes of a box, as `Facts.parameters` has them with `bare`."""
    lowered = facts.lowered(lanes)
    smallest = ArrayShape(
        tile_rows=1, tile_columns=1, channel_lanes=lanes, requant_lanes=1, banks=1
    )
    p = facts.parameters(facts.builder(smallest), bare=True)
    strides = {w.stride[1] for w in _array_work(lowered) if w.output_size[1] > 1}
    narrow = any(w.output_size[1] == 1 for w in _array_work(lowered))
    shared, spared = _shared_sums(lowered, axes)
    depths = [
        -(-plan_memory(lowered, banks).words // banks) * banks
        for banks in axes.banks.ravel().tolist()
    ]
    return Cores(
        like=p,
        tile_rows=axes.rows,
        tile_columns=axes.columns,
        requant_lanes=axes.requant_lanes,
        banks=axes.banks,
        window_columns=window_columns(lowered, axes),
        stride_count=np.where(axes.columns > 1, len(strides | {1} if narrow else strides), 1),
        lane_sum=shared,
        activation_depth=np.array(depths, np.int64)[None, None, :],
        weight_depth=p.weight_depth - spared,
        # With one requantization lane a tile has a row for each channel lane.
        requant_depth=p.requant_depth // lanes * -(-lanes // axes.requant_lanes),
    )


def _array_work(lowered: Lowered) -> list[ArrayWork]:
    return [work for work in lowered.work if isinstance(work, ArrayWork)]


def _shared_sums(lowered: Lowered, axes: Axes) -> tuple[npt.NDArray[np.bool_], Integers]:
    """Whether pixel lanes share a sum over the map, and the words of weights that spares."""
    sums = {w.source.layout.plane_words for w in _array_work(lowered) if w.sums_map}
    pixel_lanes = axes.rows * axes.columns
    any_shared = np.zeros((1, 1, 1), bool)
    spared: Integers = np.zeros((1, 1, 1), np.int64)
    for plane in sums:
        shared = lanes_share(plane, axes, lowered.word_channels)
        any_shared = any_shared | shared
        spared = spared + np.where(shared, plane - -(-plane // pixel_lanes), 0)
    return any_shared, spared
