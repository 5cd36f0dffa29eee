"""Jobs, against the loops that they stand for."""

import itertools

import numpy as np
import pytest

from isomac.compile.geometry import Geometry, lane_stride, window_columns
from isomac.compile.job_builder import (
    Placement,
    array_job,
    input_job,
    output_job,
    softmax_job,
)
from isomac.compile.layout import Layout
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, SoftmaxWork, View
from isomac_hw.input_store import Packing
from isomac_hw.job import Job, Kind
from isomac_hw.walker import X_STEP, Y_STEP
from tests.sw.compile.nest import Tile, tiles
from tests.sw.compile.walk import drain, loop_counts, walk
from tests.sw.compile.works import KINDS, random_shape, random_work

SEEDS = range(40)
ADDRESS_RANGE = 1 << 12
#: First words of the buffers of `random_work`.
BASES = {"source": 700, "second": 1500, "destination": 2500}
WEIGHT_BASE, REQUANT_BASE = 123, 45
#: Fields of several loops that turn in the same job, by the kind of work that has such loops.
BOTH_TURN: dict[str, set[str]] = {kind: {"y_channel_tile"} for kind in KINDS} | {
    "dense": {"y_block", "y_channel_tile"},
    "mean": set(),
    "pixel": set(),
}


class Case:
    """Random work on a random array, and its job."""

    def __init__(self, seed: int, kind: str):
        rng = np.random.default_rng(seed)
        self.shape: ArrayShape = random_shape(rng)
        self.work: ArrayWork = random_work(rng, self.shape.channel_lanes, kind)
        window = window_columns([self.work], self.shape)
        if rng.random() < 0.5:
            window = (self.shape.tile_columns - 1) * lane_stride(self.work, self.shape) + 1
        self.geometry = Geometry.of(self.work, self.shape, window)
        self.strides = (self.geometry.lane_stride, 77)
        second = self.work.second
        placement = Placement(
            BASES["source"] + self.work.source.offset,
            BASES["destination"] + self.work.destination.offset,
            None if second is None else BASES["second"] + second.offset,
            WEIGHT_BASE,
            REQUANT_BASE,
        )
        self.job: Job = array_job(
            self.work, self.geometry, self.shape, self.strides, placement, ADDRESS_RANGE
        )

    @property
    def tiles(self) -> list[Tile]:
        """The loops written out."""
        return tiles(self.work, self.geometry, self.shape)


@pytest.mark.parametrize("kind", KINDS)
def test_the_walk_reads_what_the_loops_read(kind: str) -> None:
    for seed in SEEDS:
        case = Case(seed, kind)
        chunks = [
            chunk for tile in case.tiles for segment in tile.segments for chunk in segment.chunks
        ]
        steps = list(walk(case.job, case.shape, ADDRESS_RANGE))
        assert len(steps) == len(chunks)
        for step, chunk in zip(steps, chunks, strict=True):
            assert step.address == (BASES[chunk.buffer] + chunk.word) % ADDRESS_RANGE
            assert (step.y, step.x) == (chunk.y, chunk.x)
            assert (step.row, step.column) == (chunk.row, chunk.column)
            inside = [
                0 <= step.y < (case.job.input_height or 0)
                and 0 <= step.x + i < (case.job.input_width or 0)
                for i in range(case.shape.banks)
            ]
            assert tuple(inside) == chunk.inside


@pytest.mark.parametrize("kind", KINDS)
def test_the_drain_writes_what_the_loops_write(kind: str) -> None:
    for seed in SEEDS:
        case = Case(seed, kind)
        expected = []
        columns = case.shape.tile_columns
        for tile in case.tiles:
            requant = REQUANT_BASE + tile.plane * case.shape.drain_steps
            for word in tile.words:
                address = (BASES["destination"] + word.word) % ADDRESS_RANGE
                steps = word.steps // len(word.lanes)
                expected += [
                    (address, requant + step, row * columns + column)
                    for row, column in word.lanes
                    for step in range(steps)
                ]
        assert list(drain(case.job, case.shape, ADDRESS_RANGE)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_loops_that_share_a_step_need_the_same(kind: str) -> None:
    """Whenever a loop advances, the coordinates change by what its field says, whoever owns it."""
    turning: set[str] = set()
    for seed in SEEDS:
        case = Case(seed, kind)
        counts = loop_counts(case.job, case.shape)
        steps = list(walk(case.job, case.shape, ADDRESS_RANGE))
        chunks = [
            chunk for tile in case.tiles for segment in tile.segments for chunk in segment.chunks
        ]
        inner = 1
        for name, count in counts.items():
            if count > 1 and name != "chunk":
                # The first turn of this loop comes when all inside it have had all of theirs.
                before, after = chunks[inner - 1], chunks[inner]
                assert after.y - before.y == getattr(case.job, Y_STEP[name])
                assert after.x - before.x == getattr(case.job, X_STEP[name])
            inner *= count
        assert inner == len(steps)
        for steps_of in (Y_STEP, X_STEP):
            for one, other in itertools.combinations(steps_of, 2):
                if steps_of[one] == steps_of[other] and counts[one] > 1 and counts[other] > 1:
                    turning.add(steps_of[one])
    # Some of the cases use a shared field for both of its loops.
    assert turning >= BOTH_TURN[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_that_are_passed_on(kind: str) -> None:
    for seed in SEEDS:
        case = Case(seed, kind)
        job, work, geometry = case.job, case.work, case.geometry
        assert (job.kind, job.ends_layer, job.ends_program) == (Kind.ARRAY, 0, 0)
        assert (job.dense, job.reduce_max) == (work.dense, work.reduce_max)
        assert job.add == (work.second is not None)
        assert (job.weight_base, job.weight_restart) == (WEIGHT_BASE, work.weight_restart)
        assert job.pad_value == (0 if geometry.lane_sum else work.pad_value)
        assert (job.taps, job.taps_last) == (
            geometry.segmentation.taps - 1,
            geometry.segmentation.taps_last - 1,
        )
        assert (job.first_byte, job.last_byte) == (work.first_byte, work.last_byte)
        assert case.strides[job.stride or 0] == geometry.lane_stride
        assert (job.linear, job.lane_sum) == (geometry.linear, geometry.lane_sum)
        for name in ("zero_point", "quant_min", "quant_max", "zero_point_b", "multiplier_b"):
            assert getattr(job, name) == getattr(work, name)


def test_addresses_below_0_wrap() -> None:
    """The first word of a padded map lies before the buffer."""
    layout = Layout.dense(1, 3, 4, 1)
    work = random_work(np.random.default_rng(0), 1, "dense")
    shape = ArrayShape(tile_rows=1, tile_columns=1, channel_lanes=1, requant_lanes=1, banks=1)
    padded = ArrayWork(
        source=View("source", 0, layout),
        destination=View("destination", 0, Layout.dense(1, 5, 6, 1)),
        dense=True,
        channel_tiles=1,
        last_channels=1,
        kernel=(3, 3),
        output_size=(5, 6),
        origin=(-2, -2),
        zero_point=0,
        quant_min=0,
        quant_max=0,
        constants=work.constants,
    )
    job = array_job(
        padded, Geometry.of(padded, shape, 3), shape, (1,), Placement(0, 64, None, 0, 0), 256
    )
    assert (job.start_y, job.start_x, job.input_base) == (-2, -2, 256 - 2 * 4 - 2)


def test_stream_jobs() -> None:
    view = View("x", 1, Layout.dense(3, 5, 7, 4))
    job = input_job(view, 24, Packing(4, 2, 3), (1, 3))
    assert job == Job(
        kind=Kind.INPUT, words=34, stream_words=-(-35 * 3 // 4) - 1, packing=1, output_base=24
    )
    assert output_job(view, 24) == Job(kind=Kind.OUTPUT, words=34, input_base=24)


def test_softmax_jobs() -> None:
    view = View("x", 0, Layout.dense(6, 5, 7, 4))
    work = SoftmaxWork(
        source=view,
        destination=view,
        zero_point=-9,
        table=np.ones(256, np.int64),
        method="division",
        reciprocal_bits=20,
        shift=10,
    )
    assert softmax_job(work, 8, 80) == Job(
        kind=Kind.SOFTMAX,
        words=34,
        input_base=8,
        output_base=80,
        zero_point=-9,
        plane_stride=35,
        channels=5,
    )
