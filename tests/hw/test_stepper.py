"""The stepper against a list of the steps that its segments have."""

import random
from dataclasses import dataclass, field, replace

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.job import Job, Kind
from isomac_hw.segment import SEGMENT_TAGS
from isomac_hw.stepper import Stepper
from tests.hw.bench import JobRow, parameters, simulate

#: Fields of a dense job whose segments differ as much as they can.
DENSE = {
    "dense": 1,
    "taps": 2,
    "taps_last": 0,
    "first_byte": 3,
    "last_byte": 1,
    "weight_base": 4,
    "weight_restart": 0,
}
DEPTHWISE = DENSE | {"dense": 0}


@dataclass(frozen=True)
class Step:
    """What the outputs are when a step is issued."""

    byte: int
    shift: bool
    segment_end: bool
    first: bool
    last: bool
    job_end: bool
    weight_address: int


@dataclass
class Case:
    """A job: its fields, and the loops that give its segments their tags."""

    fields: dict[str, int]
    tiles: int = 1
    channel_tiles: int = 1
    kernel_rows: int = 1
    columns: int = 1
    blocks: int = 1
    features: tuple[str, ...] = ("dense", "depthwise")
    tags: list[dict[str, bool]] = field(init=False)

    def __post_init__(self) -> None:
        self.tags = [
            {
                "last_column": column == self.columns - 1,
                "first_block": block == 0,
                "last_block": block == self.blocks - 1,
                "first": row == column == block == 0,
                "last": (row, column, block)
                == (self.kernel_rows - 1, self.columns - 1, self.blocks - 1),
                "last_channel_tile": channel_tile == self.channel_tiles - 1,
            }
            for _ in range(self.tiles)
            for channel_tile in range(self.channel_tiles)
            for row in range(self.kernel_rows)
            for column in range(self.columns)
            for block in range(self.blocks)
        ]
        self.tags = [tag | {"job_end": False} for tag in self.tags]
        self.tags[-1]["job_end"] = True

    def steps(self, channel_lanes: int) -> list[list[Step]]:
        """The steps of each segment."""
        given = self.fields
        address = given["weight_base"]
        out = []
        for tags in self.tags:
            taps = given["taps_last" if tags["last_column"] else "taps"] + 1
            bytes_used = [0]
            if given["dense"]:
                low = given["first_byte"] if tags["first_block"] else 0
                high = given["last_byte"] if tags["last_block"] else channel_lanes - 1
                bytes_used = list(range(low, high + 1))
            places = [(tap, byte) for tap in range(taps) for byte in bytes_used]
            segment = []
            for index, (_, byte) in enumerate(places):
                end = index == len(places) - 1
                segment.append(
                    Step(
                        byte=byte,
                        shift=byte == bytes_used[-1],
                        segment_end=end,
                        first=index == 0 and tags["first"],
                        last=end and tags["last"],
                        job_end=end and tags["job_end"],
                        weight_address=address,
                    )
                )
                address += 1
            if tags["last"] and (given["weight_restart"] or tags["last_channel_tile"]):
                address = given["weight_base"]
            out.append(segment)
        return out


def run(cases: list[Case], *, seed: int | None = None, full: float = 1, free: float = 1) -> int:
    """Run jobs one after the other.

    With a seed, a segment is complete and the drain is free with these probabilities.

    Returns
    -------
    int
        Cycles from the first swap to the last step.
    """
    p = parameters(features=cases[0].features)
    row = JobRow()
    dut = Stepper(p, row.view)
    generator = random.Random(seed)
    cycles = 0

    def sample(ctx: SimulatorContext) -> Step:
        return Step(
            byte=ctx.get(dut.byte),
            shift=bool(ctx.get(dut.shift)),
            segment_end=False,
            first=bool(ctx.get(dut.first)),
            last=bool(ctx.get(dut.last)),
            job_end=bool(ctx.get(dut.job_end)),
            weight_address=ctx.get(dut.weight_address),
        )

    async def testbench(ctx: SimulatorContext) -> None:
        nonlocal cycles
        for case in cases:
            row.set(ctx, Job(kind=Kind.ARRAY, **case.fields))
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            waiting = list(zip(case.tags, case.steps(p.channel_lanes), strict=True))
            steps: list[Step] = []
            while waiting or steps:
                is_full = bool(waiting) and (generator.random() < full)
                can_finish = generator.random() < free
                ctx.set(dut.window_full, is_full)
                tags = waiting[0][0] if is_full else None
                bits = (
                    SEGMENT_TAGS.const(tags).as_bits()
                    if tags
                    else generator.getrandbits(SEGMENT_TAGS.size)
                )
                ctx.set(dut.window_tags.as_value(), bits)
                ctx.set(dut.can_finish, can_finish)
                issue = bool(steps) and (can_finish or not steps[0].last)
                assert ctx.get(dut.issue) == issue
                ends = issue and steps[0].segment_end
                assert ctx.get(dut.swap) == (is_full and (ends or not steps))
                overrun = issue and steps[0].weight_address >= p.weight_depth
                assert ctx.get(dut.weight_overrun) == overrun
                if issue:
                    assert sample(ctx) == replace(steps.pop(0), segment_end=False)
                else:
                    assert not ctx.get(dut.shift)
                    assert not ctx.get(dut.job_end)
                if ctx.get(dut.swap):
                    steps = list(waiting.pop(0)[1])
                await ctx.tick()
                cycles += 1
            # No segment waits: nothing happens.
            ctx.set(dut.window_full, 0)
            ctx.set(dut.can_finish, 1)
            for _ in range(2):
                assert not any(ctx.get(s) for s in (dut.issue, dut.swap, dut.shift, dut.job_end))
                await ctx.tick()

    simulate(dut, testbench)
    return cycles - len(cases)


CASES = {
    "one step": Case(DEPTHWISE | {"taps_last": 0}),
    "taps": Case(DEPTHWISE, columns=3, kernel_rows=2),
    "tiles": Case(DEPTHWISE | {"taps_last": 1}, tiles=2, channel_tiles=3, kernel_rows=2),
    "blocks": Case(DENSE, blocks=3),
    "two blocks": Case(DENSE | {"first_byte": 4, "last_byte": 0}, blocks=2, columns=2),
    "one block": Case(DENSE | {"first_byte": 1, "last_byte": 3}, columns=2, kernel_rows=2),
    "one byte": Case(DENSE | {"first_byte": 2, "last_byte": 2}, tiles=3),
    "weights go on": Case(DENSE, tiles=2, channel_tiles=2, kernel_rows=2, blocks=2),
    "weights restart": Case(
        DENSE | {"weight_restart": 1}, tiles=2, channel_tiles=2, kernel_rows=2, blocks=2
    ),
    "weights run out": Case(DENSE | {"weight_base": 47, "first_byte": 0, "last_byte": 4}, tiles=2),
    "weights begin beyond": Case(DEPTHWISE | {"weight_base": 50}),
    "dense only": Case(DENSE, blocks=2, tiles=2, features=("dense",)),
    "depthwise only": Case(DEPTHWISE, columns=2, tiles=2, features=("depthwise",)),
}


@pytest.mark.parametrize("name", CASES)
def test_segments_without_stalls(name: str) -> None:
    case = CASES[name]
    # A step a cycle, and no gap between segments.
    assert run([case]) == sum(len(steps) for steps in case.steps(5))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("full", "free"), [(0.3, 1), (1, 0.3), (0.5, 0.5)])
def test_segments_with_stalls(name: str, full: float, free: float) -> None:
    run([CASES[name]], seed=1, full=full, free=free)


def test_jobs_one_after_the_other() -> None:
    shared = [case for case in CASES.values() if case.features == ("dense", "depthwise")]
    run(shared, seed=2, full=0.8, free=0.8)


def test_weight_overrun_is_the_first_address_beyond() -> None:
    p = parameters()
    last = [steps[-1].weight_address for steps in CASES["weights run out"].steps(5)]
    assert min(last) > p.weight_depth
    inside = Case(DEPTHWISE | {"weight_base": p.weight_depth - 1})
    assert [s.weight_address for s in inside.steps(5)[0]] == [p.weight_depth - 1]
    run([inside])
