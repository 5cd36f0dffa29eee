"""The cycle model: how many cycles each job takes, from graph and parameters alone.

It equals the counters of the gateware whenever nothing outside stalls the streams. For an array
job, in cycles from its launch, with L chunks and T_i steps of segment i, and D_k drain steps of
tile k:

    s_0 = L + 3                        the first segment is complete, and swapped in
    s_i = max(s_(i-1) + L, u_(i-1))    complete, and the segment before is used up
    u_i = s_i + T_i                    the last step of segment i
    t_k = max(u_i, t_(k-1) + D_(k-1))  the last step of tile k, whose last segment is i
    end = t_last + D_last + the latency of the output stage

`isomac.compile.schedule` puts the jobs one behind the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from isomac.compile.geometry import Geometry
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork
from isomac_hw.activation_memory import ActivationMemory
from isomac_hw.input_store import Packing
from isomac_hw.softmax_parameters import SoftmaxParameters

#: Cycles from the launch of an array job to the arrival of its first chunk in the window.
LOAD_LATENCY = 3
#: Cycles from the end of a job to the end of the launch of the next.
LAUNCH = 1
#: Cycles from the last one of an input, output or softmax job to its end as the sequencer sees it.
NOTICE = 1


@dataclass(frozen=True)
class TileSchedule:
    """What all tiles of a job have in common.

    Members
    -------
    before_last
        Cycles from the swap of a tile's first segment to that of its last.
    last_steps
        Steps of its last segment.
    load
        Chunks of a segment, the least distance of two swaps.
    """

    before_last: int
    last_steps: int
    load: int


def tile_schedule(work: ArrayWork, geometry: Geometry, shape: ArrayShape) -> TileSchedule:
    """The schedule of one tile of `work`."""
    load = shape.tile_rows * geometry.chunks
    lanes = shape.channel_lanes
    if not work.dense:
        block_bytes = [(1, 1)]
    elif work.blocks == 1:
        block_bytes = [(work.last_byte - work.first_byte + 1, 1)]
    else:
        block_bytes = [
            (lanes - work.first_byte, 1),
            (lanes, work.blocks - 2),
            (work.last_byte + 1, 1),
        ]
    total = 0
    kernel = geometry.segmentation
    for taps, columns in ((kernel.taps, kernel.columns - 1), (kernel.taps_last, 1)):
        for used_bytes, blocks in block_bytes:
            total += columns * blocks * max(load, taps * used_bytes)
    last_steps = kernel.taps_last * block_bytes[-1][0]
    return TileSchedule(kernel.kernel_rows * total - max(load, last_steps), last_steps, load)


def drain_steps(
    work: ArrayWork, geometry: Geometry, shape: ArrayShape
) -> Iterable[tuple[list[int], int]]:
    """Drain steps of successive tiles, as patterns with the number of their repetitions."""
    tiles = [shape.drain_steps] * (work.channel_tiles - 1) + [geometry.steps_last]

    def pixels(count: int) -> list[int]:
        return [count * steps for steps in tiles]

    if geometry.linear:
        left = (geometry.rows_last - 1) * shape.tile_columns + geometry.columns_last
        yield pixels(shape.pixel_lanes), geometry.tile_columns - 1
        yield pixels(left), 1
        return
    for rows, tile_rows in (
        (shape.tile_rows, geometry.tile_rows - 1),
        (geometry.rows_last, 1),
    ):
        line = pixels(rows * shape.tile_columns) * (geometry.tile_columns - 1)
        line += pixels(rows * geometry.columns_last)
        yield line, tile_rows


@dataclass(frozen=True)
class ArrayTiming:
    """When things happen in an array job, in cycles from its launch.

    Members
    -------
    last_step
        Its last step is issued.
    end
        Its last word is written.
    """

    last_step: int
    end: int


def array_timing(
    work: ArrayWork, geometry: Geometry, shape: ArrayShape, latency: int, *, first_finish: int = 0
) -> ArrayTiming:
    """The timing of an array job.

    `latency` is that of the output stage, see `isomac_hw.output_stage.output_latency`;
    `first_finish` the first cycle in which a tile may finish.
    """
    schedule = tile_schedule(work, geometry, shape)
    tiles = geometry.tile_rows * geometry.tile_columns * work.channel_tiles
    steps = shape.drain_steps if work.channel_tiles > 1 else geometry.steps_last
    last_step = _last_step(
        schedule,
        first_finish,
        drain_steps(work, geometry, shape),
        tiles=tiles,
        longest_drain=shape.pixel_lanes * max(steps, geometry.steps_last),
    )
    return ArrayTiming(last_step, last_step + _last_drain(geometry, shape) + latency)


def _last_drain(geometry: Geometry, shape: ArrayShape) -> int:
    """Drain steps of the last tile."""
    columns = shape.tile_columns if geometry.linear else geometry.columns_last
    pixels = (geometry.rows_last - 1) * columns + geometry.columns_last
    return pixels * geometry.steps_last


def _last_step(
    schedule: TileSchedule,
    first_finish: int,
    drains: Iterable[tuple[list[int], int]],
    *,
    tiles: int,
    longest_drain: int,
) -> int:
    """Cycle of the last step of the last of so many tiles, none of which drains longer."""
    compute = schedule.before_last + schedule.last_steps
    period = schedule.before_last + max(schedule.load, schedule.last_steps)
    swap = LOAD_LATENCY + schedule.load
    end, drain = first_finish, 0
    for pattern, repetitions in drains:
        gap: int | None = None
        left = repetitions
        while left:
            before = end
            for steps in pattern:
                end = max(swap + compute, end + drain)
                tiles -= 1
                # Where no drain is longer than a tile, one that need not wait is the last that did.
                if end == swap + compute and longest_drain <= period:
                    return end + tiles * period
                swap = max(swap + schedule.before_last + schedule.load, end)
                drain = steps
            left -= 1
            # The recurrence has one degree of freedom, the lead of the drain over the window. Once
            # a whole pattern leaves it as it was, all further repetitions take as long as this one.
            if gap == swap - end:
                skipped = left * (end - before)
                swap, end = swap + skipped, end + skipped
                tiles -= left * len(pattern)
                left = 0
            gap = swap - end
    return end


@cache
def input_cycles(packing: Packing, pixels: int, *, first: bool) -> int:
    """Cycles of an input job; those of the first one count from the first stream word on."""
    return packing.cycles(pixels) + NOTICE + (0 if first else LAUNCH)


def departure_cycles(words: Sequence[int]) -> int:
    """Cycles of the output jobs with so many words each, their launches included.

    An inference ends with the last word of the last of them; that this is noticed comes after it.
    """
    jobs = [LAUNCH + ActivationMemory.READ_LATENCY + count for count in words]
    return sum(jobs) + NOTICE * (len(jobs) - 1)


def softmax_cycles(parameters: SoftmaxParameters, channels: int, pixels: int) -> int:
    """Cycles of a softmax job, its launch included."""
    return LAUNCH + parameters.cycles(channels, pixels) + NOTICE
