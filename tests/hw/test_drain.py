"""The drain walker against nested loops."""

import random
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.drain import DrainWalker
from isomac_hw.job import Job, Kind
from isomac_hw.parameters import AcceleratorParameters
from tests.hw.bench import JobRow, parameters, simulate
from tests.hw.drain_twin import tiles

#: One whole tile; every address step is its own, so that none is mistaken for another.
ONE_TILE = {
    "tile_rows": 0,
    "tile_columns": 0,
    "channel_tiles": 0,
    "rows_last": 1,
    "columns_last": 2,
    "steps_last": 2,
    "output_base": 7,
    "output_row": 10,
    "output_plane": 37,
    "output_tile_column": 3,
    "output_tile_row": 71,
    "requant_base": 2,
    "linear": 0,
    "lane_sum": 0,
}


def job(**changes: int) -> Job:
    return Job(kind=Kind.ARRAY, **{**ONE_TILE, **changes})


def run(p: AcceleratorParameters, jobs: list[Job], *, seed: int, eager: bool) -> None:
    """Finish the tiles of the jobs as soon as they can, or some time later."""
    row = JobRow()
    dut = DrainWalker(p, row.view)
    generator = random.Random(seed)

    async def testbench(ctx: SimulatorContext) -> None:
        for current in jobs:
            row.set(ctx, current)
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            # The fields are kept: those of another job may be shown from now on.
            ctx.set(row.signal, generator.getrandbits(len(row.signal)))
            waiting = tiles(p, current)
            steps: list[Any] = []
            while waiting or steps:
                can_finish = len(steps) <= 1
                assert ctx.get(dut.can_finish) == can_finish
                finish = bool(waiting) and can_finish and (eager or generator.random() < 0.3)
                ctx.set(dut.finish, finish)
                assert ctx.get(dut.valid) == bool(steps)
                job_end = bool(steps) and steps[0].job_end
                assert ctx.get(dut.job_end) == job_end
                if steps:
                    step = steps.pop(0)
                    assert ctx.get(dut.pixel) == step.pixel
                    assert ctx.get(dut.step) == step.step
                    assert ctx.get(dut.word_end) == step.word_end
                    assert ctx.get(dut.requant_row) == step.requant_row
                    if step.word_end:
                        assert ctx.get(dut.address) == step.address % (1 << p.address_bits)
                if finish:
                    assert not steps
                    steps = list(waiting.pop(0))
                await ctx.tick()
            ctx.set(dut.finish, 0)
            for _ in range(2):
                assert not ctx.get(dut.valid)
                assert not ctx.get(dut.job_end)
                await ctx.tick()

    simulate(dut, testbench)


LANE_SUM = ("dense", "depthwise", "lane_sum")
CASES: dict[str, tuple[dict[str, Any], Job]] = {
    "one tile": ({}, job()),
    "one step": ({}, job(rows_last=0, columns_last=0, steps_last=0)),
    "partial everywhere": (
        {},
        job(
            tile_rows=2, tile_columns=2, channel_tiles=2, rows_last=0, columns_last=1, steps_last=1
        ),
    ),
    "tile rows": ({}, job(tile_rows=3)),
    "tile columns": ({}, job(tile_columns=3, columns_last=0)),
    "channel tiles": ({}, job(channel_tiles=3, steps_last=0)),
    "linear": (
        {},
        job(linear=1, tile_columns=2, rows_last=1, columns_last=0, output_tile_column=6),
    ),
    "linear, first row": (
        {},
        job(linear=1, tile_columns=1, channel_tiles=1, rows_last=0, columns_last=1, output_row=3),
    ),
    "linear, one tile": ({}, job(linear=1, rows_last=1, columns_last=1)),
    "addresses wrap": ({}, job(output_base=250, tile_columns=1)),
    "single lane": (
        {"tile_rows": 1, "tile_columns": 1, "requant_lanes": 5},
        job(tile_rows=2, tile_columns=2, rows_last=0, columns_last=0, steps_last=0),
    ),
    "a channel a cycle": (
        {"requant_lanes": 1},
        job(channel_tiles=1, steps_last=3, rows_last=0, tile_rows=1),
    ),
    "lane sum": ({"features": LANE_SUM}, job(lane_sum=1, channel_tiles=2, steps_last=1)),
    "no lane sum": ({"features": LANE_SUM}, job(channel_tiles=1)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("eager", [True, False])
def test_tiles(name: str, eager: bool) -> None:
    changes, case = CASES[name]
    run(parameters(**changes), [case], seed=1, eager=eager)


def test_jobs_one_after_the_other() -> None:
    run(
        parameters(features=LANE_SUM),
        [
            case
            for changes, case in CASES.values()
            if "tile_rows" not in changes and "requant_lanes" not in changes
        ],
        seed=2,
        eager=True,
    )


def test_twin_by_hand() -> None:
    """Of two tiles side by side, the second has one column: pixels 0..5, then 0 and 3."""
    case = job(tile_columns=1, columns_last=0, steps_last=0)
    found = [[(s.pixel, s.address) for s in steps] for steps in tiles(parameters(), case)]
    assert found == [
        [(0, 7), (1, 8), (2, 9), (3, 17), (4, 18), (5, 19)],
        [(0, 10), (3, 20)],
    ]
