"""Lower bounds of the cycles of all shapes of one M at once.

The cycle model (`isomac.compile.cycle_model`) is a chain of maxima. Any path through it is a lower
bound, and two of them are closed forms: every tile waits for the window and the array, or every
tile waits for the requantizers. With every launch right behind the front of the job before, the
larger of the two is seldom more than a few percent below the exact number, and numpy has it for a
hundred thousand shapes in a fraction of a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isomac.compile.cycle_model import LAUNCH, LOAD_LATENCY, NOTICE, departure_cycles
from isomac.compile.lowering import Lowered
from isomac.compile.work import ArrayWork, SoftmaxWork, features_of
from isomac_hw.input_store import Packing
from isomac_hw.output_stage import output_latency

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Axes:
    """Shapes of one M as a box: every pixel tile with every R and every B.

    Members
    -------
    rows, columns
        Of the pixel tiles, (tiles, 1, 1).
    requant_lanes
        (1, lanes, 1), ascending.
    banks
        (1, 1, banks), ascending.
    """

    rows: Integers
    columns: Integers
    requant_lanes: Integers
    banks: Integers

    @classmethod
    def of(cls, tiles: list[tuple[int, int]], requant_lanes: list[int], banks: list[int]) -> Axes:
        """The box of these choices."""
        pixel_tiles = np.array(tiles, np.int64).reshape(-1, 2)
        return cls(
            rows=pixel_tiles[:, 0, None, None],
            columns=pixel_tiles[:, 1, None, None],
            requant_lanes=np.array(requant_lanes, np.int64)[None, :, None],
            banks=np.array(banks, np.int64)[None, None, :],
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of choices in each direction."""
        return self.rows.shape[0], self.requant_lanes.shape[1], self.banks.shape[2]


def cycle_bounds(lowered: Lowered, axes: Axes) -> Integers:
    """Cycles that an inference takes at least, in the shape of `axes`.

    Softmax, whose cycles no shape changes, is left out.
    """
    lanes = lowered.word_channels
    work = lowered.work
    latency = output_latency(features_of(work))
    window = window_columns(lowered, axes)
    total: Integers = np.zeros(axes.shape, np.int64)
    total += _streams(lowered, axes)
    fronts: dict[tuple[object, ...], _Front] = {}

    def front(item: ArrayWork) -> _Front:
        key = _signature(item)
        if key not in fronts:
            fronts[key] = _front(item, axes, lanes, window)
        return fronts[key]

    for index, item in enumerate(work):
        if isinstance(item, SoftmaxWork):
            continue
        total += front(item).last_step + 1  # the launch of the next job, or its own
        following = work[index + 1] if index + 1 < len(work) else None
        if not isinstance(following, ArrayWork):
            total += front(item).drain + latency
        elif _reads_all(item, following):
            drain = -(-lanes // axes.requant_lanes)
            total += _delay(item.channel_tiles, drain, front(item), front(following), latency) - 1
    return total


def _reads_all(work: ArrayWork, following: ArrayWork) -> bool:
    """Whether a job begins each of its tiles with all words of the one before, one pixel each."""
    return (
        following.dense
        and following.source == work.destination
        and (following.source_plane, work.destination_plane) == (0, 0)
        and (following.kernel, following.output_size, work.output_size) == ((1, 1),) * 3
        and work.destination.layout.plane_words == 1
        and following.blocks == work.channel_tiles
        and not work.sums_map
    )


def _delay(tiles: int, drain: Integers, before: _Front, after: _Front, latency: int) -> Integers:
    """The launch delay of `isomac.compile.overlap` where a job reads all words of the one before.

    They are written a drain apart and read a load apart: the last one is waited for, or the one
    before it, or the first one.
    """
    delay = np.maximum(1, before.drain + latency - (tiles - 1) * after.load)
    if tiles > 1:
        delay = np.maximum(delay, latency - (tiles - 2) * np.minimum(after.load, drain))
    return delay


def _signature(work: ArrayWork) -> tuple[object, ...]:
    """Whatever the front of a job depends on; many layers have it in common."""
    return (
        *(work.dense, work.channel_tiles, work.last_channels, work.kernel, work.output_size),
        *(work.blocks, work.first_byte, work.last_byte, work.stride, work.dilation),
        *(work.pointwise, work.sums_map, work.source.layout.plane_words),
    )


def _streams(lowered: Lowered, axes: Axes) -> Integers:
    """Arrival of the inputs and departure of the outputs, at least, by banks.

    A cycle takes a word of the stream at most, or stores a group of pixels, but for the first one,
    in which there is nothing to store, and the last one, in which there is nothing left to take.
    """
    total = departure_cycles([view.layout.words for view in lowered.outputs])
    arrivals = []
    for banks in axes.banks.ravel().tolist():
        cycles = 0
        for index, view in enumerate(lowered.inputs):
            packing = Packing(lowered.word_channels, banks, view.layout.packed_channels)
            pixels = view.layout.words
            longest = max(-(-pixels // packing.group), packing.stream_words(pixels))
            cycles += 1 + longest + NOTICE + (LAUNCH if index else 0)
        arrivals.append(total + cycles)
    return np.array(arrivals, np.int64)[None, None, :]


def window_columns(lowered: Lowered, axes: Axes) -> Integers:
    """`isomac.compile.geometry.window_columns` of all pixel tiles."""
    needs = {
        (
            work.stride[1] if work.output_size[1] > 1 else 1,
            work.kernel[1] if work.dilation[1] == 1 and work.output_size[1] > 1 else 1,
        )
        for work in lowered.work
        if isinstance(work, ArrayWork)
    }
    longest: Integers = np.ones_like(axes.columns)
    for stride, whole in needs:
        longest = np.maximum(longest, (axes.columns - 1) * stride + whole)
    return longest


def lanes_share(plane: int, axes: Axes, lanes: int) -> npt.NDArray[np.bool_]:
    """Whether pixel lanes share a sum over so many pixels; see `isomac.compile.geometry`."""
    pixel_lanes = axes.rows * axes.columns
    loads = axes.rows * _ceil(axes.columns, axes.banks)
    drain = _ceil(np.int64(lanes), axes.requant_lanes)
    line = _ceil(np.int64(plane), pixel_lanes)
    together = np.maximum(line * loads, pixel_lanes * drain)
    return (pixel_lanes > 1) & (together < plane)


@dataclass(frozen=True, eq=False)
class _Front:
    """Of a job: its last step from its launch on, at least; drain of its last tile; its load."""

    last_step: Integers
    drain: Integers
    load: Integers


def _front(work: ArrayWork, axes: Axes, lanes: int, window: Integers) -> _Front:
    """What all shapes of a box make of a job."""
    rows, columns, banks = axes.rows, axes.columns, axes.banks
    pixel_lanes = rows * columns
    drain = _ceil(np.int64(lanes), axes.requant_lanes)
    drain_last = _ceil(np.int64(work.last_channels), axes.requant_lanes)
    height, width = work.output_size
    stride = work.stride[1] if width > 1 else 1
    reach = (columns - 1) * stride
    kernel_rows: Integers = np.full_like(columns, work.kernel[0])
    taps = np.minimum(work.kernel[1], window - reach) if work.dilation[1] == 1 else reach * 0 + 1
    groups = _ceil(np.int64(work.kernel[1]), taps)
    chunks = _ceil(reach + taps, banks)
    pixels: Integers = np.full_like(columns, height * width)
    if work.pointwise:
        pixel_tiles = _ceil(pixels, pixel_lanes)
        last_pixels = pixels - (pixel_tiles - 1) * pixel_lanes
    else:
        tile_rows, tile_columns = _ceil(np.int64(height), rows), _ceil(np.int64(width), columns)
        pixel_tiles = tile_rows * tile_columns
        last_pixels = (height - (tile_rows - 1) * rows) * (width - (tile_columns - 1) * columns)
    taps_last = work.kernel[1] - (groups - 1) * taps
    if work.sums_map:
        plane = work.source.layout.plane_words
        line = _ceil(np.int64(plane), pixel_lanes)
        shared = lanes_share(plane, axes, lanes)
        kernel_rows = np.where(shared, line, kernel_rows)
        groups, taps, taps_last, pixel_tiles = (
            np.where(shared, 1, value) for value in (groups, taps, taps_last, pixel_tiles)
        )
        chunks = np.where(shared, _ceil(columns, banks), chunks)
        pixels = np.where(shared, pixel_lanes, pixels)
        last_pixels = np.where(shared, pixel_lanes, last_pixels)
    load = rows * chunks
    segments: Integers = np.zeros((), np.int64)
    blocks = _block_bytes(work, lanes)
    for segment_taps, count in ((taps, groups - 1), (taps_last, 1)):
        for used_bytes, repetitions in blocks:
            segments = segments + count * repetitions * np.maximum(load, segment_taps * used_bytes)
    last_steps = taps_last * blocks[-1][0]
    period = kernel_rows * segments
    first = LOAD_LATENCY + load + period - np.maximum(load, last_steps) + last_steps
    last_drain = last_pixels * drain_last
    drains = pixels * (drain * (work.channel_tiles - 1) + drain_last) - last_drain
    waits = np.maximum((pixel_tiles * work.channel_tiles - 1) * period, drains)
    return _Front(first + waits, last_drain, load)


def _block_bytes(work: ArrayWork, lanes: int) -> list[tuple[int, int]]:
    """Bytes used of an input block, and how many such blocks there are, in order."""
    if not work.dense:
        return [(1, 1)]
    if work.blocks == 1:
        return [(work.last_byte - work.first_byte + 1, 1)]
    return [(lanes - work.first_byte, 1), (lanes, work.blocks - 2), (work.last_byte + 1, 1)]


def _ceil(value: Integers | np.int64, divisor: Integers) -> Integers:
    return -(-value // divisor)
