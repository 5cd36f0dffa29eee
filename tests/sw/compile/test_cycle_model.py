"""The cycle model, against an array that takes every cycle."""

from collections.abc import Sequence

import numpy as np
import pytest

from isomac.compile.cycle_model import (
    LAUNCH,
    LOAD_LATENCY,
    NOTICE,
    TileSchedule,
    _last_step,
    array_timing,
    departure_cycles,
    drain_steps,
    input_cycles,
    softmax_cycles,
    tile_schedule,
)
from isomac.compile.geometry import Geometry, lane_stride, window_columns
from isomac.compile.layout import Layout
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, View
from isomac_hw.activation_memory import ActivationMemory
from isomac_hw.input_store import Packing
from isomac_hw.output_stage import output_latency
from isomac_hw.softmax_parameters import SoftmaxParameters
from tests.sw.compile.machine import run_job
from tests.sw.compile.nest import tiles
from tests.sw.compile.works import KINDS, no_constants, random_shape, random_work


def random_case(
    seed: int, kind: str, size: int = 8
) -> tuple[ArrayWork, Geometry, ArrayShape, np.random.Generator]:
    """Return work on an array whose window is as long as the work needs, longer or shorter."""
    rng = np.random.default_rng(seed)
    shape = random_shape(rng)
    work = random_work(rng, shape.channel_lanes, kind, size=size)
    shortest = (shape.tile_columns - 1) * lane_stride(work, shape) + 1
    longest = window_columns([work], shape)
    window = int(rng.choice([longest, longest + 2, shortest]))
    return work, Geometry.of(work, shape, window), shape, rng


@pytest.mark.parametrize("kind", KINDS)
def test_timing_equals_the_array(kind: str) -> None:
    for seed in range(80):
        work, geometry, shape, rng = random_case(seed, kind)
        # The back may be busy with the job before for any time.
        first_finish = int(rng.choice([0, 0, 3, 20, 100]))
        trace = run_job(tiles(work, geometry, shape), 0, first_finish)
        timing = array_timing(work, geometry, shape, output_latency(()), first_finish=first_finish)
        assert (timing.last_step, timing.end) == (trace.last_step, trace.end)


@pytest.mark.parametrize("kind", ["dense", "pointwise", "planewise"])
def test_timing_of_many_tiles(kind: str) -> None:
    """Long enough for the patterns of drain steps to repeat."""
    for seed in range(6):
        work, geometry, shape, _ = random_case(seed, kind, size=24)
        trace = run_job(tiles(work, geometry, shape), 0, 0)
        timing = array_timing(work, geometry, shape, output_latency(()))
        assert (timing.last_step, timing.end) == (trace.last_step, trace.end)


def plain_recurrence(
    load: int, steps: Sequence[int], first_finish: int, drains: Sequence[int]
) -> int:
    """The last step by s, u and t of the module's description, segment after segment."""
    swap, used_up = None, 0
    finish, drain = first_finish, 0
    for tile_drain in drains:
        for index, count in enumerate(steps):
            swap = load + LOAD_LATENCY if swap is None else max(swap + load, used_up)
            used_up = swap + count
            if index == len(steps) - 1:
                used_up = finish = max(used_up, finish + drain)
        drain = tile_drain
    return finish


def test_repetitions_are_skipped_without_a_difference() -> None:
    rng = np.random.default_rng(1)
    for _ in range(2000):
        load = int(rng.integers(1, 10))
        steps = [int(n) for n in rng.integers(1, 15, rng.integers(1, 5))]
        before_last = sum(max(load, count) for count in steps[:-1])
        patterns = [
            ([int(n) for n in rng.integers(1, 25, rng.integers(1, 5))], int(rng.integers(0, 30)))
            for _ in range(int(rng.integers(1, 4)))
        ]
        patterns.append(([3], 1))
        drains = [count for pattern, times in patterns for count in pattern * times]
        first_finish = int(rng.choice([-5, 0, 10, 200]))
        last_step = _last_step(
            TileSchedule(before_last, steps[-1], load),
            first_finish,
            patterns,
            tiles=len(drains),
            longest_drain=max(drains) + int(rng.integers(2)),
        )
        assert last_step == plain_recurrence(load, steps, first_finish, drains)


def test_a_map_of_any_size_takes_no_time_to_predict() -> None:
    schedule = TileSchedule(0, 9, 4)
    for drains, longest, last_step in (
        ([5], 5, 4 + 3 + 9 * 10**12),
        ([5], 50, 4 + 3 + 9 * 10**12),
        ([50, 40], 50, 4 + 3 + 9 + 90 * 10**12 - 40),
    ):
        tiles = len(drains) * 10**12
        patterns = [(drains, 10**12)]
        found = _last_step(schedule, 0, patterns, tiles=tiles, longest_drain=longest)
        assert found == last_step


@pytest.mark.parametrize("kind", KINDS)
def test_schedule_and_drains_of_a_tile(kind: str) -> None:
    for seed in range(40):
        work, geometry, shape, _ = random_case(seed, kind)
        all_tiles = tiles(work, geometry, shape)
        schedule = tile_schedule(work, geometry, shape)
        *others, last = all_tiles[0].segments
        assert schedule.load == len(last.chunks)
        assert schedule.last_steps == last.steps
        assert schedule.before_last == sum(max(schedule.load, part.steps) for part in others)
        drains = [
            steps
            for pattern, times in drain_steps(work, geometry, shape)
            for steps in pattern * times
        ]
        assert drains == [sum(word.steps for word in tile.words) for tile in all_tiles]


def test_one_step_and_one_word() -> None:
    """Three cycles of loader, one of load, one step, one drain step, the pipeline behind it."""
    shape = ArrayShape(tile_rows=1, tile_columns=1, channel_lanes=1, requant_lanes=1, banks=1)
    layout = Layout.dense(1, 1, 1, 1)
    work = ArrayWork(
        source=View("source", 0, layout),
        destination=View("destination", 0, layout),
        dense=True,
        channel_tiles=1,
        last_channels=1,
        kernel=(1, 1),
        output_size=(1, 1),
        zero_point=0,
        quant_min=0,
        quant_max=0,
        constants=no_constants,
    )
    timing = array_timing(work, Geometry.of(work, shape, 1), shape, output_latency(()))
    assert timing.last_step == 3 + 1 + 1
    assert timing.end == timing.last_step + 1 + output_latency(())


def test_stream_and_softmax_jobs() -> None:
    packing = Packing(4, 2, 3)
    assert input_cycles(packing, 35, first=True) == packing.cycles(35) + NOTICE
    assert input_cycles(packing, 35, first=False) == LAUNCH + packing.cycles(35) + NOTICE
    read = LAUNCH + ActivationMemory.READ_LATENCY
    assert departure_cycles([35]) == read + 35
    assert departure_cycles([35, 2]) == read + 35 + NOTICE + read + 2
    unit = SoftmaxParameters(
        channel_lanes=4, address_bits=8, channels_bits=4, pixels_bits=4, sum_bits=24
    )
    assert softmax_cycles(unit, 10, 6) == LAUNCH + unit.cycles(10, 6) + NOTICE
