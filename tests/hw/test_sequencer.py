"""The sequencer between a program memory and units that take a given time, against a timeline."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.errors import ErrorCode
from isomac_hw.job import Job, Kind
from isomac_hw.sequencer import Sequencer
from tests.hw.bench import JobRow, simulate

#: Cycles from the rising edge of ``start`` to the launch of the first job, and from the last cycle
#: of a program to that of one that runs again.
FIRST_LAUNCH = 3


@dataclass(frozen=True)
class Work:
    """A job, and how long its unit takes: the front from launch to end, the back from there on."""

    kind: Kind
    cycles: int = 1
    back: int = 1
    delay: int = 0
    ends_layer: bool = False
    ends_program: bool = False

    def job(self) -> Job:
        return Job(
            kind=self.kind,
            ends_layer=self.ends_layer,
            ends_program=self.ends_program,
            launch_delay=self.delay if self.kind == Kind.ARRAY else None,
        )


@dataclass
class Timeline:
    """When what happens, in cycles: what the bench sees, or what it has to see."""

    launches: list[tuple[int, int]] = field(default_factory=list)
    back_starts: list[tuple[int, int]] = field(default_factory=list)
    layer_ends: list[int] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)


def expected(program: Sequence[Work], start: int, runs: int = 1) -> Timeline:
    """The timeline of a program that starts with an edge in cycle ``start``."""
    out = Timeline()
    back_free = 0
    begin = start
    for run in range(runs):
        out.begins.append(begin)
        launch = begin + FIRST_LAUNCH - (run > 0)
        for row, work in enumerate(program):
            out.launches.append((launch, row))
            if work.kind == Kind.ARRAY:
                back_start = max(launch, back_free)
                out.back_starts.append((back_start, row))
                # No tile can finish before the back is there.
                front = max(launch + work.cycles, back_start + 1)
                end = back_free = front + work.back
                launch = front + work.delay if work.delay else end + 1
            else:
                end = launch + work.cycles
                launch = end + 1
            if work.ends_layer:
                out.layer_ends.append(end)
        out.finished.append(end)
        out.done.append(end + 1)
        begin = end + 1
    return out


class Bench:
    """A program memory, the job register, and units that react to launches."""

    def __init__(
        self, program: Sequence[Work], *, kinds: frozenset[Kind] = frozenset(Kind), depth: int = 0
    ):
        self.program = program
        self.row = JobRow()
        self.depth = depth or len(program)
        self.dut = Sequencer(self.row.view, program_depth=self.depth, kinds=kinds)
        self.found = Timeline()
        self.cycle = 0
        self.shown_row = 0
        self.current = -1
        self.back_row = -1
        #: Cycles in which something that a unit says is due.
        self.due: dict[str, set[int]] = defaultdict(set)
        self.random = random.Random(1)

    async def tick(
        self, ctx: SimulatorContext, *, start: bool = False, legal: bool = True, fault: int = 0
    ) -> None:
        """One cycle."""
        dut, found, cycle = self.dut, self.found, self.cycle
        ctx.set(dut.start, start)
        ctx.set(dut.legal, legal)
        ctx.set(dut.fault, fault)
        for name in ("front_done", "back_done", "unit_done"):
            ctx.set(getattr(dut, name), cycle in self.due[name])
        for name, events in (
            ("layer_end", found.layer_ends),
            ("finished", found.finished),
            ("done", found.done),
            ("begin", found.begins),
        ):
            if ctx.get(getattr(dut, name)):
                events.append(cycle)
        if ctx.get(dut.error) and not found.errors:
            found.errors.append((cycle, ctx.get(dut.error)))
        self.react(ctx)
        load, address = ctx.get(dut.load), ctx.get(dut.program_address)
        await ctx.tick()
        self.cycle += 1
        if load:
            self.current = self.shown_row
            if self.current < len(self.program):
                self.row.set(ctx, self.program[self.current].job())
            else:
                ctx.set(self.row.signal, self.random.getrandbits(len(self.row.signal)))
        self.shown_row = address

    def react(self, ctx: SimulatorContext) -> None:
        """What the units do in a cycle with a launch, or with a back that starts."""
        dut, cycle = self.dut, self.cycle
        launch, back_start = ctx.get(dut.launch), ctx.get(dut.back_start)
        work = self.program[self.current] if self.current in range(len(self.program)) else None
        waits = ctx.get(dut.back_waits)
        if launch:
            assert work is not None
            assert not waits
            self.found.launches.append((cycle, self.current))
            if work.kind != Kind.ARRAY:
                self.due["unit_done"].add(cycle + work.cycles)
        if back_start:
            assert work is not None
            assert launch or waits
            self.found.back_starts.append((cycle, self.current))
            launched = self.found.launches[-1][0]
            front = max(launched + work.cycles, cycle + 1)
            self.due["front_done"].add(front)
            self.due["back_done"].add(front + work.back)

    async def run(self, ctx: SimulatorContext, cycles: int) -> None:
        for _ in range(cycles):
            await self.tick(ctx)


def work(kind: Kind, cycles: int = 1, **more: Any) -> Work:
    return Work(kind, cycles, **more)


def program(*rows: Work) -> list[Work]:
    """Rows of which the last one ends a layer and the program."""
    last = rows[-1]
    end = Work(last.kind, last.cycles, last.back, 0, ends_layer=True, ends_program=True)
    return [*rows[:-1], end]


ARRAY, INPUT, OUTPUT, SOFTMAX = Kind.ARRAY, Kind.INPUT, Kind.OUTPUT, Kind.SOFTMAX
PROGRAMS = {
    "one job": program(work(OUTPUT)),
    "one array job": program(work(ARRAY, 5, back=3)),
    "one cycle each": program(work(INPUT), work(SOFTMAX), work(ARRAY), work(OUTPUT)),
    "layers": program(
        work(INPUT, 4, ends_layer=True),
        work(ARRAY, 3, back=2),
        work(SOFTMAX, 6, ends_layer=True),
        work(OUTPUT, 2),
    ),
    "the next one at once": program(
        work(ARRAY, 5, back=4, delay=1, ends_layer=True), work(ARRAY, 6, back=2)
    ),
    "a front that waits for the back": program(
        work(ARRAY, 5, back=20, delay=1, ends_layer=True),
        work(ARRAY, 6, back=2, delay=2),
        work(ARRAY, 1, back=9),
    ),
    "the back is handed over as it ends": program(
        work(ARRAY, 5, back=2, delay=1), work(ARRAY, 4, back=3, delay=2), work(ARRAY, 2)
    ),
    "a delay of several cycles": program(
        work(ARRAY, 5, back=9, delay=3), work(ARRAY, 2, back=9, delay=8), work(ARRAY, 2)
    ),
    "a delay beyond the end": program(
        work(ARRAY, 5, back=2, delay=9, ends_layer=True), work(ARRAY, 2), work(OUTPUT)
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    check(PROGRAMS[name])


def check(rows: list[Work], *, depth: int = 0) -> None:
    bench = Bench(rows, depth=depth)
    wanted = expected(rows, start=2)

    async def testbench(ctx: SimulatorContext) -> None:
        await bench.run(ctx, 2)
        assert not ctx.get(bench.dut.busy)
        await bench.tick(ctx, start=True)
        while bench.cycle <= wanted.finished[0]:
            assert ctx.get(bench.dut.busy)
            await bench.tick(ctx)
        for _ in range(4):
            assert not ctx.get(bench.dut.busy)
            await bench.tick(ctx)
        assert bench.found == wanted

    simulate(bench.dut, testbench)


@pytest.mark.parametrize("seed", range(4))
def test_random_programs(seed: int) -> None:
    generator = random.Random(seed)
    kinds = [generator.choice([ARRAY, ARRAY, ARRAY, INPUT, OUTPUT, SOFTMAX]) for _ in range(9)]
    rows = [
        Work(
            kind,
            generator.randint(1, 6),
            generator.randint(1, 8),
            # The other kinds need the memory to themselves.
            generator.randint(0, 5) if kind == after == ARRAY else 0,
            ends_layer=generator.random() < 0.5,
        )
        for kind, after in zip(kinds, [*kinds[1:], None], strict=True)
    ]
    check(program(*rows), depth=generator.randint(9, 16))


def test_start_is_a_rising_edge() -> None:
    """A start that stays high is one start, and one that comes when it has been low another."""
    rows = PROGRAMS["layers"]
    bench = Bench(rows)
    end = expected(rows, 0).finished[0]

    async def testbench(ctx: SimulatorContext) -> None:
        while bench.cycle < end + 10:
            await bench.tick(ctx, start=True)
        assert bench.found == expected(rows, 0)
        await bench.tick(ctx)
        second = bench.cycle
        await bench.tick(ctx, start=True)
        await bench.run(ctx, end + 10)
        assert bench.found.launches == expected(rows, 0).launches + expected(rows, second).launches

    simulate(bench.dut, testbench)


@pytest.mark.parametrize("edges", [1, 2, 3])
def test_a_start_while_busy_runs_the_program_again(edges: int) -> None:
    """Once, however many there are, and without a cycle in which the core is not busy."""
    rows = PROGRAMS["layers"]
    bench = Bench(rows)
    wanted = expected(rows, 0, runs=2)

    async def testbench(ctx: SimulatorContext) -> None:
        while bench.cycle <= wanted.finished[1]:
            assert ctx.get(bench.dut.busy) == (bench.cycle > 0)
            await bench.tick(ctx, start=bench.cycle % 2 == 0 and bench.cycle <= 2 * edges)
        for _ in range(5):
            assert not ctx.get(bench.dut.busy)
            await bench.tick(ctx)
        assert bench.found == wanted

    simulate(bench.dut, testbench)


@pytest.mark.parametrize("offset", range(-2, 6))
@pytest.mark.parametrize("earlier", [False, True])
def test_a_start_around_the_end_of_a_program(offset: int, earlier: bool) -> None:
    """No rising edge gets lost: each starts the program, at once or when it ends.

    With ``earlier`` one has come before, so that the program starts again in any case; then one in
    the last cycle is one too many.
    """
    rows = PROGRAMS["layers"]
    bench = Bench(rows)
    end = expected(rows, 0).finished[0]
    runs = 3 if earlier and offset > 0 else 2

    async def testbench(ctx: SimulatorContext) -> None:
        while bench.cycle < 4 * end + 20:
            edge = bench.cycle in (0, end + offset) or (earlier and bench.cycle == 2)
            await bench.tick(ctx, start=edge)
        assert len(bench.found.begins) == len(bench.found.done) == runs
        if offset > 0 and not earlier:
            assert bench.found.begins[1] == end + offset

    simulate(bench.dut, testbench)


def events(timeline: Timeline) -> list[list[object]]:
    """All lists but that of errors."""
    return [list(found) for name, found in vars(timeline).items() if name != "errors"]


async def check_stopped(ctx: SimulatorContext, bench: Bench, code: ErrorCode) -> None:
    """The error shows in this cycle; nothing happens any more, whatever is asked for."""
    dut, before = bench.dut, events(bench.found)
    for index in range(12):
        assert ctx.get(dut.error) == code
        assert not ctx.get(dut.busy)
        # What is on its way still ends.
        bench.due["unit_done"].add(bench.cycle)
        bench.due["back_done"].add(bench.cycle)
        await bench.tick(ctx, start=index % 2 == 1, fault=index % 3)
    assert events(bench.found) == before


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("cause", ["illegal", "unknown"])
def test_an_illegal_job(row: int, cause: str) -> None:
    """Numbers that do not fit, or a kind that the hardware does not have."""
    rows = [work(INPUT)] * row + [work(SOFTMAX if cause == "unknown" else ARRAY, 4, back=2)]
    bench = Bench(program(*rows, work(OUTPUT)), kinds=frozenset({INPUT, ARRAY, OUTPUT}))
    launch = FIRST_LAUNCH + 2 * row

    async def testbench(ctx: SimulatorContext) -> None:
        await bench.tick(ctx, start=True)
        while bench.cycle <= launch:
            legal = cause == "unknown" or bench.cycle != launch
            await bench.tick(ctx, legal=legal)
        assert bench.found.launches == [(FIRST_LAUNCH, 0)] * row
        await check_stopped(ctx, bench, ErrorCode.ILLEGAL_JOB)

    simulate(bench.dut, testbench)


@pytest.mark.parametrize("kind", [INPUT, SOFTMAX, OUTPUT])
@pytest.mark.parametrize("delay", range(1, 8))
def test_another_kind_while_the_back_writes(kind: Kind, delay: int) -> None:
    """It would take the memory from the array job; from the cycle after its last word on it may."""
    back = 4
    rows = program(work(ARRAY, 3, back=back, delay=delay), work(kind, 2), work(OUTPUT))
    if delay > back:
        check(rows)
        return
    bench = Bench(rows)

    async def testbench(ctx: SimulatorContext) -> None:
        await bench.tick(ctx, start=True)
        await bench.run(ctx, FIRST_LAUNCH + 3 + delay)
        assert bench.found.launches == [(FIRST_LAUNCH, 0)]
        await check_stopped(ctx, bench, ErrorCode.ILLEGAL_JOB)

    simulate(bench.dut, testbench)


@pytest.mark.parametrize("kind", [OUTPUT, ARRAY])
@pytest.mark.parametrize("depth", [1, 3, 4])
@pytest.mark.parametrize("delay", [0, 1, 3])
def test_a_program_without_end(kind: Kind, depth: int, delay: int) -> None:
    bench = Bench([work(kind, 2, delay=delay)] * depth)
    ends = expected(bench.program, 0)
    # The next launch would be in the cycle in which the error shows.
    after = ends.launches[-1][0] - ends.launches[-2][0] if depth > 1 else None

    async def testbench(ctx: SimulatorContext) -> None:
        await bench.tick(ctx, start=True)
        for _ in range(100):
            await bench.tick(ctx)
            if bench.found.errors:
                break
        assert bench.found.launches == ends.launches
        assert not bench.found.finished
        if after is not None:
            assert bench.found.errors[0][0] == ends.launches[-1][0] + after
        await check_stopped(ctx, bench, ErrorCode.PROGRAM_END)

    simulate(bench.dut, testbench)


FAULTY = program(
    work(INPUT, 3, ends_layer=True),
    work(ARRAY, 3, back=9, delay=4, ends_layer=True),
    work(ARRAY, 3, back=4, ends_layer=True),
    work(OUTPUT, 3),
)
FAULTY_CYCLES = expected(FAULTY, 0)


@pytest.mark.parametrize(
    "cycle",
    [
        # Before the program, in the cycle of a start and behind it, in a launch, in the last cycle
        # of a job, in the delay, while a front waits for the back, when a layer ends, and when the
        # program does.
        "before",
        "start",
        "fetch",
        *(f"launch {row}" for row in range(4)),
        "input done",
        "delay",
        "layer",
        "finished",
        "after",
    ],
)
def test_faults(cycle: str) -> None:
    wanted = FAULTY_CYCLES
    second_front = wanted.launches[2][0]
    at = {
        "before": -2,
        "start": 0,
        "fetch": 1,
        **{f"launch {row}": wanted.launches[row][0] for row in range(4)},
        "input done": wanted.layer_ends[0],
        "delay": second_front - 2,
        "layer": wanted.layer_ends[1],
        "finished": wanted.finished[0],
        "after": wanted.finished[0] + 3,
    }[cycle]
    bench = Bench(FAULTY)
    shift = 2

    async def testbench(ctx: SimulatorContext) -> None:
        while bench.cycle < at + shift:
            await bench.tick(ctx, start=bench.cycle == shift)
        await bench.tick(ctx, start=bench.cycle == shift, fault=ErrorCode.WEIGHT_READ)
        found = bench.found
        # Everything before the fault, nothing in its cycle or after it.
        assert [c for c, _ in found.launches] == [c + shift for c, _ in wanted.launches if c < at]
        assert found.layer_ends == [c + shift for c in wanted.layer_ends if c < at]
        assert found.finished == [c + shift for c in wanted.finished if c < at]
        await check_stopped(ctx, bench, ErrorCode.WEIGHT_READ)

    simulate(bench.dut, testbench)
