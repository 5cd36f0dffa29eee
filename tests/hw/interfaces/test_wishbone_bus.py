"""Wishbone, request by request: pipelined, stalled, refused, given up."""

import random
from dataclasses import dataclass, field

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.interfaces.register_map import PATIENCE, register
from isomac_hw.interfaces.wishbone_bus import WishboneBus
from tests.hw.bench import simulate

INPUT, OUTPUT = register("INPUT").index, register("OUTPUT").index


@dataclass
class Initiator:
    """Requests as (number, data or None for a read, strobe), offered until they are taken.

    The core behind it takes and gives words with pauses; the registers refuse writes of 13 and read
    as a function of their number.
    """

    dut: WishboneBus
    seed: int = 1
    idle: float = 0
    core_stall: float = 0
    requests: list[tuple[int, int | None, int]] = field(default_factory=list)
    answers: list[tuple[str, int]] = field(default_factory=list)
    written: list[tuple[int, int, int]] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    due: int = 0
    offered: bool = False
    cycles: int = 0
    gives: bool = False

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    async def cycle(self, ctx: SimulatorContext) -> None:
        dut = self.dut
        self.offered = bool(self.requests) and (self.offered or self.random.random() >= self.idle)
        ctx.set(dut.cyc_i, bool(self.due or self.offered))
        ctx.set(dut.stb_i, self.offered)
        index, data, strobe = self.requests[0] if self.requests else (0, None, 0)
        ctx.set(dut.adr_i, index)
        ctx.set(dut.we_i, data is not None)
        ctx.set(dut.dat_i, data or 0)
        ctx.set(dut.sel_i, strobe)
        ctx.set(dut.ready, 1)
        ctx.set(dut.i.ready, self.random.random() >= self.core_stall)
        self.gives = bool(self.outputs) and (self.gives or self.random.random() >= self.core_stall)
        ctx.set(dut.o.valid, self.gives)
        ctx.set(dut.o.payload, self.outputs[0] if self.gives else 0)
        ctx.set(dut.read_data, ctx.get(dut.read_index) * 5)
        ctx.set(dut.refused, ctx.get(dut.write_data) == 13)
        self.check_stall(ctx)
        if ctx.get(dut.write_enable):
            fields = (dut.write_index, dut.write_data, dut.write_strobe)
            self.written.append(tuple(ctx.get(f) for f in fields))
        if ctx.get(dut.i.valid) and ctx.get(dut.i.ready):
            self.inputs.append(ctx.get(dut.i.payload))
        given = ctx.get(dut.o.ready) and self.gives
        ack, err = ctx.get(dut.ack_o), ctx.get(dut.err_o)
        assert not (ack and err)
        if ack or err:
            assert self.due, "an answer to nobody"
            self.due -= 1
            self.answers.append(("ack" if ack else "err", ctx.get(dut.dat_o)))
        taken = self.offered and not ctx.get(dut.stall_o)
        await ctx.tick()
        if taken:
            self.requests.pop(0)
            self.offered = False
            self.due += 1
        if given:
            self.outputs.pop(0)
            self.gives = False
        self.cycles += 1

    def check_stall(self, ctx: SimulatorContext) -> None:
        """Whether the bus stalls depends on nothing that the initiator does in this cycle."""
        stall = ctx.get(self.dut.stall_o)
        for name in ("cyc_i", "stb_i", "we_i", "adr_i", "dat_i", "sel_i"):
            signal = getattr(self.dut, name)
            value = ctx.get(signal)
            ctx.set(signal, ~value & (1 << len(signal)) - 1)
            assert ctx.get(self.dut.stall_o) == stall, name
            ctx.set(signal, value)

    async def finish(self, ctx: SimulatorContext, limit: int = 3000) -> None:
        while self.requests or self.due:
            await self.cycle(ctx)
            assert self.cycles < limit, "the bus hangs"


def words(count: int, size: int, seed: int = 2) -> list[int]:
    source = random.Random(seed)
    return [source.getrandbits(8 * size) for _ in range(count)]


def pieces(word: int, size: int) -> list[int]:
    return [word >> 32 * k & 0xFFFFFFFF for k in range(-(-size // 4))]


@pytest.mark.parametrize("stall", [0, 0.7])
@pytest.mark.parametrize("idle", [0, 0.7])
@pytest.mark.parametrize("size", [1, 4, 6, 13])
def test_words_of_both_streams(size: int, idle: float, stall: float) -> None:
    bus = Initiator(WishboneBus(size), idle=idle, core_stall=stall)
    sent, expected = words(12, size), words(12, size, seed=3)

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(bus.dut.running, 1)
        bus.outputs = list(expected)
        # Any address of a window is as good as any other.
        bus.requests = [
            (INPUT + bus.random.randrange(256), piece, 15)
            for word in sent
            for piece in pieces(word | 0xAB << 8 * size, size)
        ]
        bus.requests += [(OUTPUT + bus.random.randrange(256), None, 15)] * (
            12 * len(pieces(0, size))
        )
        total = len(bus.requests)
        await bus.finish(ctx)
        await bus.cycle(ctx)
        assert [kind for kind, _ in bus.answers] == ["ack"] * total
        if not idle and not stall:
            assert bus.cycles <= total + 4, "a request in each cycle"

    simulate(bus.dut, bench)
    assert bus.inputs == sent
    found = [data for _, data in bus.answers[-12 * len(pieces(0, size)) :]]
    assert found == [piece for word in expected for piece in pieces(word, size)]
    assert bus.written == []


def test_registers_are_accessed_in_each_cycle() -> None:
    bus = Initiator(WishboneBus(4))

    async def bench(ctx: SimulatorContext) -> None:
        bus.requests = [(6, 1, 3), (7, None, 15), (6, 13, 15), (12, 2, 0), (8, None, 0)]
        await bus.finish(ctx)

    simulate(bus.dut, bench)
    assert bus.written == [(6, 1, 3), (6, 13, 15), (12, 2, 0)]
    assert [kind for kind, _ in bus.answers] == ["ack", "ack", "err", "ack", "ack"]
    assert [bus.answers[k][1] for k in (1, 4)] == [35, 40]
    assert bus.cycles <= 7


def test_windows_take_no_other_direction() -> None:
    """A read of the input and a write to the output touch no stream."""
    bus = Initiator(WishboneBus(4))

    async def bench(ctx: SimulatorContext) -> None:
        bus.outputs = [5]
        bus.requests = [(INPUT, None, 15), (OUTPUT, 9, 15)]
        await bus.finish(ctx)

    simulate(bus.dut, bench)
    assert (bus.inputs, bus.outputs) == ([], [5])
    assert [kind for kind, _ in bus.answers] == ["ack", "ack"]


@pytest.mark.parametrize(("strobe", "answer"), [(0, "ack"), (1, "err"), (7, "err"), (14, "err")])
def test_input_takes_whole_pieces(strobe: int, answer: str) -> None:
    bus = Initiator(WishboneBus(4))

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(bus.dut.running, 1)
        bus.requests = [(INPUT, 1, strobe), (INPUT, 2, 15)]
        await bus.finish(ctx)
        await bus.cycle(ctx)

    simulate(bus.dut, bench)
    assert [kind for kind, _ in bus.answers] == [answer, "ack"]
    assert bus.inputs == [2]


@pytest.mark.parametrize(
    "case", ["input at rest", "output at rest", "output before input", "input before output"]
)
def test_what_no_wait_would_bring_is_refused(case: str) -> None:
    bus = Initiator(WishboneBus(4))

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(bus.dut.running, "rest" not in case)
        ctx.set(bus.dut.stuck, "before" in case)
        bus.core_stall = 1  # takes and gives nothing
        if case.startswith("input"):
            # A word fits without the core.
            bus.requests = [(INPUT, 1, 15), (INPUT, 2, 15), (7, None, 15)]
        else:
            bus.requests = [(OUTPUT, None, 15), (7, None, 15)]
        if case == "input before output":
            bus.core_stall, bus.outputs, bus.gives = 1, [9], True
        before = len(bus.requests)
        await bus.finish(ctx)
        kinds = [kind for kind, _ in bus.answers]
        assert kinds == (["ack"] if before == 3 else []) + ["err", "ack"]
        assert PATIENCE <= bus.cycles <= PATIENCE + 8
        # The word that was taken is still there, the one that was refused is not.
        bus.core_stall = 0
        for _ in range(3):
            await bus.cycle(ctx)
        assert bus.inputs == [1] * (before == 3)

    simulate(bus.dut, bench)


def test_a_running_core_may_take_its_time() -> None:
    bus = Initiator(WishboneBus(4))

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(bus.dut.running, 1)
        bus.requests = [(OUTPUT, None, 15)]
        for _ in range(2 * PATIENCE):
            await bus.cycle(ctx)
        assert bus.answers == []
        bus.outputs = [77]
        await bus.finish(ctx)
        assert bus.answers == [("ack", 77)]
        # So may one that computes on while its output waits, and takes the next input afterwards.
        bus.core_stall, bus.outputs, bus.gives = 1, [88], True
        bus.requests = [(INPUT, 1, 15), (INPUT, 2, 15)]
        for _ in range(2 * PATIENCE):
            await bus.cycle(ctx)
        assert [kind for kind, _ in bus.answers[1:]] == ["ack"]
        bus.core_stall, bus.cycles = 0, 0
        await bus.finish(ctx)
        await bus.cycle(ctx)
        assert [kind for kind, _ in bus.answers[1:]] == ["ack", "ack"]
        assert bus.inputs == [1, 2]

    simulate(bus.dut, bench)


def test_an_end_of_the_cycle_drops_what_waits() -> None:
    bus = Initiator(WishboneBus(4))

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(bus.dut.running, 1)
        bus.requests = [(OUTPUT, None, 15)]
        for _ in range(5):
            await bus.cycle(ctx)
        assert bus.due == 1
        bus.due = 0
        bus.outputs = [1, 2]
        await bus.cycle(ctx)  # `cyc_i` is low, just when the word comes
        for _ in range(5):
            await bus.cycle(ctx)  # no answer comes, no word is lost
        bus.requests = [(OUTPUT, None, 15)]
        await bus.finish(ctx)
        assert bus.answers == [("ack", 1)]

    simulate(bus.dut, bench)


def test_clear_forgets_pieces() -> None:
    bus = Initiator(WishboneBus(8))

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(bus.dut.running, 1)
        bus.outputs = [0x22222222_11111111, 0x44444444_33333333]
        bus.requests = [(INPUT, 1, 15), (OUTPUT, None, 15)]
        await bus.finish(ctx)
        ctx.set(bus.dut.clear, 1)
        await bus.cycle(ctx)
        ctx.set(bus.dut.clear, 0)
        bus.requests = [(INPUT, 2, 15), (INPUT, 3, 15), (OUTPUT, None, 15)]
        await bus.finish(ctx)
        await bus.cycle(ctx)
        assert bus.inputs == [3 << 32 | 2]
        assert bus.answers[-1] == ("ack", 0x11111111)

    simulate(bus.dut, bench)
