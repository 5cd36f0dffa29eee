# amaranth: UnusedElaboratable=no
"""The registers: what each write does, what each read says, and the corners between them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.interfaces.control import Control, StreamWords
from isomac_hw.interfaces.register_map import IDENTIFICATION, MAP_BYTES, REGISTERS, register
from tests.hw.bench import simulate
from tests.hw.small_core import small

FIXED = StreamWords(7, 9)


class Bench:
    """Accesses to the registers, and a core that counts its starts."""

    def __init__(self, ctx: SimulatorContext, dut: Control):
        self.ctx, self.dut = ctx, dut
        self.starts = 0

    async def tick(self) -> None:
        started = self.ctx.get(self.dut.start)
        await self.ctx.tick()
        if started:
            self.starts += 1
            assert not self.ctx.get(self.dut.start), "the core takes no second edge"

    async def write(self, name: str | int, value: int, strobe: int = 0xF) -> bool:
        """Write in one cycle; returns whether it was refused."""
        ctx, dut = self.ctx, self.dut
        while not ctx.get(dut.ready):
            await self.tick()
        index = register(name).index if isinstance(name, str) else name // 4
        ctx.set(dut.write_index, index)
        ctx.set(dut.write_data, value)
        ctx.set(dut.write_strobe, strobe)
        ctx.set(dut.write_enable, 1)
        refused = bool(ctx.get(dut.refused))
        await self.tick()
        ctx.set(dut.write_enable, 0)
        return refused

    def read(self, name: str | int) -> int:
        index = register(name).index if isinstance(name, str) else name // 4
        self.ctx.set(self.dut.read_index, index)
        return int(self.ctx.get(self.dut.read_data))

    def status(self, **fields: int) -> None:
        """Require STATUS to have these fields, and 0 in all others."""
        expected = sum(
            value << register("STATUS").field(name).low for name, value in fields.items()
        )
        assert self.read("STATUS") == expected

    async def pulse(self, signal: Any) -> None:
        self.ctx.set(signal, 1)
        await self.tick()
        self.ctx.set(signal, 0)


def run(
    testbench: Callable[[Bench], Awaitable[None]], mode: str = "fixed", interface: str = "axi"
) -> None:
    dut = Control(small(mode=mode), interface, FIXED if mode == "fixed" else None)

    async def bench(ctx: SimulatorContext) -> None:
        await testbench(Bench(ctx, dut))

    simulate(dut, bench)


@pytest.mark.parametrize(("interface", "code"), [("axi", 1), ("wishbone", 2)])
def test_what_it_is(interface: str, code: int) -> None:
    async def bench(b: Bench) -> None:
        assert b.read("ID") == IDENTIFICATION
        assert b.read("VERSION") == 1 << 16
        assert b.read("CAPABILITY") == 2 | code << 16
        assert b.read("LANES") == 2 | 2 << 16
        assert (b.read("INPUT_WORDS"), b.read("OUTPUT_WORDS")) == (7, 9)
        assert b.ctx.get(b.dut.output_words) == 9
        b.status()

    run(bench, interface=interface)


def test_addresses_of_no_register_read_0_and_take_nothing() -> None:
    async def bench(b: Bench) -> None:
        taken = {
            r.offset + i for r in REGISTERS if not r.programmable for i in range(0, r.bytes, 4)
        }
        before = {r.name: b.read(r.name) for r in REGISTERS}
        for offset in set(range(0, MAP_BYTES, 4)) - taken:
            assert b.read(offset) == 0
            assert not await b.write(offset, 0xFFFFFFFF)
        assert {r.name: b.read(r.name) for r in REGISTERS} == before
        assert b.starts == 0

    run(bench)


def test_read_only_registers_keep_their_values() -> None:
    async def bench(b: Bench) -> None:
        names = [r.name for r in REGISTERS if r.name not in {"CONTROL", "IRQ_ENABLE"}]
        before = [b.read(name) for name in names]
        for name in names:
            assert not await b.write(name, 0xFFFFFFFF)
        assert [b.read(name) for name in names] == before

    run(bench)


def test_an_inference() -> None:
    async def bench(b: Bench) -> None:
        await b.write("CONTROL", 1)
        b.status(busy=1)  # at once, before the core knows
        for _ in range(3):
            await b.tick()
        assert b.starts == 1
        b.ctx.set(b.dut.cycles, 1234)
        b.ctx.set(b.dut.output_valid, 1)
        b.ctx.set(b.dut.input_ready, 1)
        b.status(busy=1, output_valid=1, input_ready=1)
        b.ctx.set(b.dut.output_valid, 0)
        b.ctx.set(b.dut.input_ready, 0)
        await b.pulse(b.dut.output_done)
        b.status(done=1)
        assert (b.read("CYCLES"), b.read("COMPLETED")) == (1234, 1)
        await b.write("STATUS", 0)
        b.status(done=1)
        await b.write("STATUS", 2, strobe=0xE)
        b.status(done=1)
        await b.write("STATUS", 2)
        b.status()
        assert b.read("COMPLETED") == 1

    run(bench)


def test_starts_while_busy() -> None:
    """The second is kept, the third is dropped and says so."""

    async def bench(b: Bench) -> None:
        for _ in range(3):
            await b.write("CONTROL", 1)
        b.status(busy=1, queued=1, overrun=1)
        for _ in range(6):
            await b.tick()
        assert b.starts == 2
        await b.write("STATUS", 1 << 2)
        await b.pulse(b.dut.output_done)
        b.status(busy=1, done=1)
        await b.write("CONTROL", 1)
        b.status(busy=1, queued=1, done=1)
        for _ in range(2):
            await b.pulse(b.dut.output_done)
        b.status(done=1)
        assert b.read("COMPLETED") == 3
        assert b.starts == 3

    run(bench)


@pytest.mark.parametrize("strobe", [0x0, 0xE])
def test_a_start_needs_its_byte(strobe: int) -> None:
    async def bench(b: Bench) -> None:
        await b.write("CONTROL", 1, strobe)
        await b.tick()
        b.status()
        assert b.starts == 0
        assert b.read("CONTROL") == 0

    run(bench)


def test_an_end_wins_over_what_clears_it() -> None:
    async def bench(b: Bench) -> None:
        await b.write("CONTROL", 1)
        b.ctx.set(b.dut.output_done, 1)
        await b.write("STATUS", 2)
        b.ctx.set(b.dut.output_done, 0)
        b.status(done=1)

    run(bench)


def test_an_error_stops_and_only_a_reset_helps() -> None:
    async def bench(b: Bench) -> None:
        await b.write("CONTROL", 1)
        await b.tick()
        b.ctx.set(b.dut.error, 5)
        b.status(error=5)
        await b.write("STATUS", 0xFFFFFFFF)
        await b.write("CONTROL", 1)
        for _ in range(3):
            await b.tick()
        b.status(error=5)
        assert b.starts == 1
        # The core is in reset for a cycle, in which nothing is accessed.
        await b.write("CONTROL", 3)
        assert b.ctx.get(b.dut.reset)
        assert not b.ctx.get(b.dut.ready)
        b.ctx.set(b.dut.error, 0)
        await b.tick()
        assert not b.ctx.get(b.dut.reset)
        b.status()
        assert b.starts == 1
        await b.write("CONTROL", 1)
        await b.tick()
        b.status(busy=1)
        assert b.starts == 2

    run(bench)


def test_a_reset_clears_state_and_keeps_settings() -> None:
    async def bench(b: Bench) -> None:
        await b.write("IRQ_ENABLE", 5)
        await b.write("INPUT_WORDS", 11)
        await b.write("OUTPUT_WORDS", 22)
        for _ in range(3):
            await b.write("CONTROL", 1)
        await b.pulse(b.dut.output_done)
        b.status(busy=1, done=1, overrun=1)
        await b.write("CONTROL", 2)
        await b.tick()
        b.status()
        assert b.read("COMPLETED") == 0
        assert b.read("IRQ_ENABLE") == 5
        assert (b.read("INPUT_WORDS"), b.read("OUTPUT_WORDS")) == (11, 22)

    run(bench, "programmable")


def test_words_of_a_programmable_accelerator_are_written_byte_by_byte() -> None:
    async def bench(b: Bench) -> None:
        assert b.read("CAPABILITY") == 2 | 1 << 16 | 1 << 20
        assert b.read("OUTPUT_WORDS") == 0
        await b.write("OUTPUT_WORDS", 0x11223344)
        await b.write("OUTPUT_WORDS", 0xAABBCCDD, strobe=0b0101)
        assert b.read("OUTPUT_WORDS") == b.ctx.get(b.dut.output_words) == 0x11BB33DD
        assert b.read("INPUT_WORDS") == 0

    run(bench, "programmable")


@pytest.mark.parametrize("name", ["INPUT_WORDS", "OUTPUT_WORDS"])
def test_words_are_written_at_rest_only(name: str) -> None:
    """Else TLAST could change while its word waits."""

    async def bench(b: Bench) -> None:
        assert not await b.write(name, 5)
        await b.write("CONTROL", 1)
        assert await b.write(name, 6)
        assert await b.write(name, 6, strobe=4)
        assert not await b.write(name, 6, strobe=0)
        b.ctx.set(b.dut.error, 5)
        assert await b.write(name, 6)  # a word may still wait to leave
        b.ctx.set(b.dut.error, 0)
        assert b.read(name) == 5
        await b.pulse(b.dut.output_done)
        assert not await b.write(name, 7)
        await b.write("CONTROL", 1)
        assert await b.write(name, 8)
        await b.write("CONTROL", 2)
        assert not await b.write(name, 9)
        assert b.read(name) == 9

    run(bench, "programmable")


def test_interrupts() -> None:
    async def bench(b: Bench) -> None:
        causes = {1: b.dut.output_done, 2: b.dut.error, 4: b.dut.output_valid}
        for enable in range(8):
            await b.write("IRQ_ENABLE", enable)
            assert b.read("IRQ_ENABLE") == enable
            assert not b.ctx.get(b.dut.irq)
            await b.write("CONTROL", 1)
            for bit, signal in causes.items():
                await b.pulse(signal) if bit == 1 else b.ctx.set(signal, 1)
                assert b.read("IRQ_STATUS") & bit == enable & bit
            assert b.read("IRQ_STATUS") == enable
            assert b.ctx.get(b.dut.irq) == (enable != 0)
            b.ctx.set(b.dut.error, 0)
            b.ctx.set(b.dut.output_valid, 0)
            assert b.read("IRQ_STATUS") == enable & 1
            await b.write("STATUS", 2)
            assert not b.ctx.get(b.dut.irq)
        await b.write("IRQ_ENABLE", 0, strobe=0xE)
        assert b.read("IRQ_ENABLE") == 7

    run(bench)


def test_load_takes_whole_words_and_only_at_rest() -> None:
    async def bench(b: Bench) -> None:
        ctx, load = b.ctx, b.dut.load
        taken: list[int] = []

        async def write(value: int, strobe: int = 0xF) -> bool:
            ctx.set(b.dut.write_index, register("LOAD").index)
            ctx.set(b.dut.write_data, value)
            ctx.set(b.dut.write_strobe, strobe)
            ctx.set(b.dut.write_enable, 1)
            refused = bool(ctx.get(b.dut.refused))
            if ctx.get(load.valid) and ctx.get(load.ready):
                taken.append(ctx.get(load.payload))
            await b.tick()
            ctx.set(b.dut.write_enable, 0)
            return refused

        ctx.set(load.ready, 1)
        assert not await write(1)
        assert not await write(2, strobe=0)
        assert await write(3, strobe=7)
        ctx.set(load.ready, 0)
        assert await write(4)
        ctx.set(load.ready, 1)
        await b.write("CONTROL", 1)
        assert await write(5)  # the core has not even been told to start
        await b.pulse(b.dut.output_done)
        assert not await write(6)
        assert taken == [1, 6]
        assert b.read("LOAD") == 0

    run(bench, "programmable")


def test_bad_parameters() -> None:
    with pytest.raises(ValueError, match="must be given in fixed mode, and only there"):
        Control(small(mode="fixed"), "axi", None)
    with pytest.raises(ValueError, match="must be given in fixed mode, and only there"):
        Control(small(), "axi", FIXED)
    with pytest.raises(ValueError, match=r"must be in 1..2\*\*32 - 1, not 0"):
        StreamWords(0, 1)
