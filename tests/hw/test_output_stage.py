"""The output stage against the drain nest and :meth:`Requantization.compute`."""

import random
from dataclasses import dataclass
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.job import Job, Kind
from isomac_hw.mac_array import MacArray
from isomac_hw.output_stage import OutputStage, output_latency, requantization
from isomac_hw.parameters import AcceleratorParameters
from tests.hw.bench import JobRow, parameters, simulate
from tests.hw.drain_twin import DrainStep, tiles

SMALL = {
    "tile_rows": 2,
    "tile_columns": 2,
    "channel_lanes": 3,
    "requant_lanes": 2,
    "input_channels": (1,),
    "features": ("dense", "depthwise", "add"),
}
#: One whole tile of a small array.
ONE_TILE = {
    "tile_rows": 0,
    "tile_columns": 0,
    "channel_tiles": 0,
    "rows_last": 1,
    "columns_last": 1,
    "steps_last": 1,
    "output_base": 7,
    "output_row": 10,
    "output_plane": 37,
    "output_tile_column": 2,
    "output_tile_row": 71,
    "requant_base": 2,
    "linear": 0,
    "lane_sum": 0,
    "zero_point": -3,
    "quant_min": -120,
    "quant_max": 110,
    "add": 0,
    "zero_point_b": 5,
    "multiplier_b": 500,
}


def job(**changes: int) -> Job:
    return Job(kind=Kind.ARRAY, **{**ONE_TILE, **changes})


@dataclass(frozen=True)
class RequantRow:
    """A row of the requantization memory: (bias, multiplier, shift offset) of each lane."""

    lanes: list[tuple[int, int, int]]

    def bits(self, p: AcceleratorParameters) -> int:
        row = 0
        width = p.bias_bits + p.multiplier_bits + p.shift_bits
        for lane, (bias, multiplier, shift) in enumerate(self.lanes):
            value = bias % (1 << p.bias_bits)
            value |= multiplier << p.bias_bits | shift << p.bias_bits + p.multiplier_bits
            row |= value << lane * width
        return row


class Bench:
    """The stage between shadows that hold for just as long as promised, and a memory of rows."""

    def __init__(self, p: AcceleratorParameters, *, seed: int):
        self.p = p
        self.random = random.Random(seed)
        self.row = JobRow()
        self.dut = OutputStage(p, self.row.view)
        self.rows = [
            RequantRow(
                [
                    (
                        self.random.randint(-200, 200),
                        self.random.getrandbits(p.multiplier_bits),
                        self.random.randint(8, 10),
                    )
                    for _ in range(p.requant_lanes)
                ]
            )
            for _ in range(p.requant_depth)
        ]

    def sums(self) -> list[list[int]]:
        """Of the pixel lanes, by channel."""
        return [
            [self.random.randint(-300, 300) for _ in range(self.p.channel_lanes)]
            for _ in range(self.p.pixel_lanes)
        ]

    def word(
        self, job: dict[str, int], steps: list[DrainStep], sums: list[list[int]]
    ) -> int | None:
        """The word that ends with the last of the steps; None if a row of it does not exist."""
        p, end = self.p, steps[-1]
        data = 0
        first_row = end.requant_row - end.step
        if end.requant_row >= len(self.rows):
            return None
        for channel in range(min(p.channel_lanes, (end.step + 1) * p.requant_lanes)):
            step, lane = divmod(channel, p.requant_lanes)
            pixels = {s.pixel for s in steps} if job["lane_sum"] else {end.pixel}
            bias, multiplier, shift = self.rows[first_row + step].lanes[lane]
            byte = requantization(p).compute(
                sum(sums[pixel][channel] for pixel in pixels),
                bias=bias,
                multiplier=multiplier,
                shift_offset=shift,
                zero_point=job["zero_point"],
                quant_min=job["quant_min"],
                quant_max=job["quant_max"],
                add=bool(job["add"]),
                zero_point_b=job["zero_point_b"],
                multiplier_b=job["multiplier_b"],
            )
            data |= byte % 256 << 8 * channel
        return data

    def run(self, *jobs: Job, eager: bool = True) -> int:
        """Run the jobs one after the other.

        Returns
        -------
        int
            The number of cycles in which a row beyond the memory was asked for.
        """
        overruns = 0

        async def testbench(ctx: SimulatorContext) -> None:
            nonlocal overruns
            for current in jobs:
                overruns += await self.run_job(ctx, current, eager=eager)

        simulate(self.dut, testbench)
        return overruns

    async def run_job(self, ctx: SimulatorContext, current: Job, *, eager: bool) -> int:
        p, dut = self.p, self.dut
        fields = current.values()
        self.row.set(ctx, current)
        ctx.set(dut.start, 1)
        await self.tick(ctx)
        ctx.set(dut.start, 0)
        # The fields are kept: those of another job may be shown from now on.
        ctx.set(self.row.signal, self.random.getrandbits(len(self.row.signal)))

        waiting = tiles(p, current)
        shadows: dict[int, list[list[int]]] = {}
        writes: dict[int, tuple[int, int | None]] = {}
        beyond: set[int] = set()
        done = 0
        cycle = free = overruns = 0
        while waiting or cycle <= done:
            finish = bool(waiting) and cycle >= free and (eager or self.random.random() < 0.3)
            if waiting:
                assert ctx.get(dut.can_finish) == (cycle >= free)
            ctx.set(dut.finish, finish)
            if finish:
                steps, sums = waiting.pop(0), self.sums()
                shadows[cycle + MacArray.LATENCY + 1] = sums
                begin = 0
                for index, step in enumerate(steps):
                    drained = cycle + 1 + index
                    if step.requant_row >= p.requant_depth:
                        beyond.add(drained + MacArray.LATENCY)
                    if step.word_end:
                        word = self.word(fields, steps[begin : index + 1], sums)
                        address = step.address % (1 << p.address_bits)
                        # Handed over in the cycle before the write.
                        writes[drained + output_latency(p.features) - 1] = (address, word)
                        begin = index + 1
                free = cycle + len(steps)
                done = free + output_latency(p.features) - 1
            if cycle in shadows:
                for pixel, totals in enumerate(shadows[cycle]):
                    for channel, total in enumerate(totals):
                        ctx.set(dut.shadow[pixel][channel], total)
            assert ctx.get(dut.requant_overrun) == (cycle in beyond)
            overruns += ctx.get(dut.requant_overrun)
            assert ctx.get(dut.write_enable) == (cycle in writes)
            if cycle in writes:
                address, word = writes[cycle]
                assert ctx.get(dut.write_address) == address
                assert word is None or ctx.get(dut.write_data) == word
            assert ctx.get(dut.done) == (not waiting and cycle == done)
            await self.tick(ctx)
            cycle += 1
        return overruns

    async def tick(self, ctx: SimulatorContext) -> None:
        """Let a cycle pass; the row that was asked for comes in the next one."""
        address = ctx.get(self.dut.requant_address)
        await ctx.tick()
        row = self.random.getrandbits(self.p.requant_row_bits)
        if address < len(self.rows):
            row = self.rows[address].bits(self.p)
        ctx.set(self.dut.requant_row, row)


PARTIAL = {
    "tile_rows": 1,
    "tile_columns": 2,
    "channel_tiles": 1,
    "rows_last": 0,
    "columns_last": 0,
    "steps_last": 0,
}
CASES: dict[str, tuple[dict[str, Any], Job]] = {
    "one tile": ({}, job()),
    "partial tiles": ({}, job(**PARTIAL)),
    "one step a word": ({"requant_lanes": 3}, job(**PARTIAL)),
    "a channel a step": ({"requant_lanes": 1}, job(channel_tiles=1, steps_last=1)),
    "lanes divide channels": ({"channel_lanes": 4}, job(channel_tiles=1, steps_last=0)),
    "one pixel lane": (
        {"tile_rows": 1, "tile_columns": 1},
        job(tile_columns=3, rows_last=0, columns_last=0),
    ),
    "linear": ({}, job(tile_columns=1, linear=1, columns_last=0, output_tile_column=4)),
    "add": ({}, job(add=1, tile_columns=1)),
    "lane sum": (
        {"features": ("depthwise", "lane_sum")},
        job(lane_sum=1, channel_tiles=2, steps_last=0),
    ),
    "no lane sum": ({"features": ("depthwise", "lane_sum")}, job(channel_tiles=1)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("eager", [True, False])
def test_words(name: str, eager: bool) -> None:
    changes, case = CASES[name]
    assert Bench(parameters(**(SMALL | changes)), seed=1).run(case, eager=eager) == 0


def test_jobs_one_after_the_other() -> None:
    """Every field of the second job differs, and all of them hold from its start on."""
    second = job(
        **PARTIAL,
        output_base=3,
        output_row=5,
        requant_base=9,
        zero_point=20,
        quant_min=-10,
        quant_max=60,
        add=1,
        zero_point_b=-9,
        multiplier_b=77,
    )
    assert Bench(parameters(**SMALL), seed=2).run(job(), second, job()) == 0


@pytest.mark.parametrize(
    ("requant_base", "overruns"),
    # Four pixels of two channel tiles: each channel tile has two rows.
    [(16, 0), (17, 4), (18, 8), (19, 12), (20, 16), (40, 16)],
)
def test_rows_beyond_the_memory(requant_base: int, overruns: int) -> None:
    case = job(channel_tiles=1, requant_base=requant_base)
    assert Bench(parameters(**SMALL), seed=3).run(case) == overruns


def test_bytes_saturate() -> None:
    bench = Bench(parameters(**SMALL), seed=4)
    bench.rows = [RequantRow([(131071, 4095, 0), (-131072, 4095, 0)])] * len(bench.rows)
    assert bench.run(job(), job(quant_min=-128, quant_max=127)) == 0
