"""Where the cycles of an inference go: the multipliers' useful work, and what else there is.

The jobs lie one behind the other: each has its launch, its time to the last step of the array, and
what then passes before the next launch. What it hides behind the next job is counted nowhere, so
that the shares add up to the cycles of the inference exactly:

ideal
    Multiply-accumulates of the network over the multipliers of the array: a fraction.
partial_tiles_pixels
    Steps of the array times the share of pixel lanes that have no output pixel.
partial_tiles_channels
    The other steps beyond the ideal: channel lanes without a channel, or with one of another group.
window_loads
    The load of a job's first segment, and by how much the others load longer than they are used.
drain
    Waits of finished tiles for the requantizers, within a job and at its end.
launch
    Launch and first read of a job, and the output pipeline where the next launch waits for it.
stream_in, stream_out
    Arrival of the input and departure of the output.
pooling_and_adds
    All cycles of jobs without multiply-accumulates: pools, additions, copies, clamps, softmax.

The first three are the bound of partial tiles. Their split follows the order above: a lane with
neither pixel nor channel counts as one without a pixel. A tile that is late for two reasons counts
as a window load as far as that alone would have delayed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction

from isomac.compile.cycle_model import LAUNCH, LOAD_LATENCY, tile_schedule
from isomac.compile.geometry import Geometry
from isomac.compile.lowering import Lowered, lower
from isomac.compile.program import Program, array_shape
from isomac.compile.schedule import ScheduledJob, schedule
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, Work
from isomac_hw.output_stage import output_latency


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Shares of the cycles of one inference; see the top of this file for what each one is."""

    ideal: Fraction
    partial_tiles_pixels: Fraction
    partial_tiles_channels: Fraction
    window_loads: Fraction
    drain: Fraction
    launch: Fraction
    stream_in: Fraction
    stream_out: Fraction
    pooling_and_adds: Fraction

    @property
    def bound(self) -> Fraction:
        """Cycles of the layers with multiply-accumulates if only partial tiles cost anything."""
        return self.ideal + self.partial_tiles_pixels + self.partial_tiles_channels

    @property
    def cycles(self) -> Fraction:
        """The sum of all shares, which is the number of cycles of the inference."""
        return sum((getattr(self, field.name) for field in fields(self)), Fraction(0))

    @property
    def lost(self) -> dict[str, Fraction]:
        """All shares but the ideal, by name."""
        names = [field.name for field in fields(self) if field.name != "ideal"]
        return {name: getattr(self, name) for name in names}


def losses(program: Program) -> Losses:
    """Attribute the predicted cycles of a program."""
    parameters = program.parameters
    shape = array_shape(parameters)
    lowered = lower(program.graph, shape.channel_lanes)
    jobs = schedule(
        lowered.work,
        shape,
        parameters.window_columns,
        parameters.softmax,
        lane_sum=parameters.has("lane_sum"),
        features=parameters.features,
    )
    latency = output_latency(parameters.features)
    shares: Counter[str] = Counter()
    partial_pixels = steps = Fraction(0)
    for job in _timeline(program, lowered, shape, jobs):
        if not job.macs:
            shares["pooling_and_adds"] += job.lead + job.busy + job.tail
            continue
        assert isinstance(job.work, ArrayWork)
        assert job.geometry is not None
        front = _Front.of(job.work, job.geometry, shape)
        pipeline = min(job.tail, latency)
        shares["window_loads"] += front.first_load + front.stalls
        shares["launch"] += job.lead + LOAD_LATENCY + pipeline
        shares["drain"] += job.tail - pipeline
        shares["drain"] += job.busy - LOAD_LATENCY - front.first_load - front.stalls - front.steps
        partial_pixels += front.steps * (1 - _busy_pixel_lanes(job.work, job.geometry, shape))
        steps += front.steps
    ideal = Fraction(program.graph.macs, parameters.multipliers)
    arrivals = program.layers[: len(program.graph.inputs)]
    result = Losses(
        ideal=ideal,
        partial_tiles_pixels=partial_pixels,
        partial_tiles_channels=steps - partial_pixels - ideal,
        window_loads=Fraction(shares["window_loads"]),
        drain=Fraction(shares["drain"]),
        launch=Fraction(shares["launch"]),
        stream_in=Fraction(sum(layer.predicted_cycles for layer in arrivals)),
        stream_out=Fraction(program.layers[-1].predicted_cycles),
        pooling_and_adds=Fraction(shares["pooling_and_adds"]),
    )
    assert result.cycles == program.predicted_cycles
    return result


@dataclass(frozen=True)
class _Job:
    """A job in the schedule, which follows the last step of the one before it without a gap.

    Members
    -------
    work, geometry
        What it does; the geometry of array work.
    macs
        Of its layer.
    lead
        Cycles of its launch.
    busy
        From there to its last step.
    tail
        From its last step to the launch of the next job, or to the end: what it does not hide.
    """

    work: Work
    geometry: Geometry | None
    macs: int
    lead: int
    busy: int
    tail: int


def _timeline(
    program: Program, lowered: Lowered, shape: ArrayShape, jobs: list[ScheduledJob]
) -> Iterator[_Job]:
    """All jobs between arrival and departure, without a gap between them."""
    parameters = program.parameters
    all_work = [(layer.macs, work) for layer in lowered.layers for work in layer.work]
    end, launch = 0, LAUNCH
    for (macs, work), job in zip(all_work, jobs, strict=True):
        end += job.cycles
        geometry, last_step = None, end
        if isinstance(work, ArrayWork):
            geometry = Geometry.of(
                work, shape, parameters.window_columns, lane_sum=parameters.has("lane_sum")
            )
            drain = _last_tile_pixels(geometry, shape) * geometry.steps_last
            last_step = end - drain - output_latency(parameters.features)
        # An early launch comes `launch_delay` cycles behind the last step, the launch included.
        wait = job.launch_delay - LAUNCH if job.launch_delay else end - last_step
        yield _Job(work, geometry, macs, LAUNCH, last_step - launch, wait)
        launch = last_step + wait + LAUNCH


def _last_tile_pixels(geometry: Geometry, shape: ArrayShape) -> int:
    """Pixels of the last tile, as they drain."""
    if geometry.linear:
        return (geometry.rows_last - 1) * shape.tile_columns + geometry.columns_last
    return geometry.rows_last * geometry.columns_last


@dataclass(frozen=True)
class _Front:
    """Steps and loads of a job, as if its tiles drained in no time.

    Members
    -------
    steps
        Of the array.
    first_load
        Chunks of the first segment.
    stalls
        Cycles in which the array waits for a later segment.
    """

    steps: int
    first_load: int
    stalls: int

    @classmethod
    def of(cls, work: ArrayWork, geometry: Geometry, shape: ArrayShape) -> _Front:
        """The front of `work`."""
        tile = tile_schedule(work, geometry, shape)
        tiles = geometry.tile_rows * geometry.tile_columns * work.channel_tiles
        used_bytes = 1
        if work.dense:
            used_bytes = (work.blocks - 1) * shape.channel_lanes
            used_bytes += work.last_byte - work.first_byte + 1
        steps = tiles * geometry.segmentation.steps * used_bytes
        # Successive tiles follow each other in this time, but the last has nobody behind it.
        period = tile.before_last + max(tile.load, tile.last_steps)
        front = (tiles - 1) * period + tile.before_last + tile.last_steps
        return cls(steps, tile.load, front - steps)


def _busy_pixel_lanes(work: ArrayWork, geometry: Geometry, shape: ArrayShape) -> Fraction:
    """Share of the pixel lanes that have an output pixel, over all tiles."""
    height, width = work.output_size
    lanes = geometry.tile_rows * geometry.tile_columns * shape.pixel_lanes
    return Fraction(height * width, lanes)
