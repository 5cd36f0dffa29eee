"""The Wishbone interface exercised by cocotbext-wishbone, which knows nothing of isomac.

Its master waits for the answer of a request before it makes the next one; many requests under way
are the business of `isomac cosim` and of the tests of the gateware. Requests pause at random. What
is expected are the bytes of the golden model in the bundle.
"""

import os
import random
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotbext.wishbone.driver import WBOp, WishboneMaster

from isomac_cosim.bundle import open_bundle
from isomac_cosim.images import load_stream
from isomac_hw.errors import ErrorCode
from isomac_hw.interfaces.register_map import IDENTIFICATION, register
from tests.sw.interfaces.conftest import VARIABLE

SIGNALS = {
    **{name: f"wb_{name}_i" for name in ("cyc", "stb", "we", "adr", "sel")},
    **{name: f"wb_{name}_o" for name in ("ack", "err", "stall")},
    "datwr": "wb_dat_i",
    "datrd": "wb_dat_o",
}
STATUS = {field.name: 1 << field.low for field in register("STATUS").fields}
ACK, ERR = 1, 2
START, RESET = 1, 2


class Host:
    """A processor on the bus."""

    def __init__(self, dut: Any, idle: int, seed: int) -> None:
        self.dut = dut
        self.bundle = open_bundle(Path(os.environ[VARIABLE]), verify_files=False)
        self.random = random.Random(seed)
        self.idle = idle

    @classmethod
    async def of(cls, dut: Any, idle: int, seed: int) -> "Host":
        host = cls(dut, idle, seed)
        Clock(dut.wb_clk_i, 10, unit="ns").start()
        host.bus = WishboneMaster(dut, None, dut.wb_clk_i, timeout=5000, signals_dict=SIGNALS)
        dut.wb_rst_i.value = 1
        await ClockCycles(dut.wb_clk_i, 4)
        dut.wb_rst_i.value = 0
        await ClockCycles(dut.wb_clk_i, 2)
        return host

    async def accesses(self, *requests: tuple[str, int | None, int]) -> list[tuple[int, int]]:
        """Make requests of (register, data or None, strobe) in one bus cycle: (answer, data)."""
        operations = [
            WBOp(register(name).index, data, self.random.randint(0, self.idle), strobe)
            for name, data, strobe in requests
        ]
        answers = await self.bus.send_cycle(operations)
        assert len(answers) == len(operations)
        return [(answer.ack, int(answer.datrd)) for answer in answers]

    async def read(self, name: str) -> int:
        ((answer, data),) = await self.accesses((name, None, 15))
        assert answer == ACK
        return data

    async def write(self, name: str, data: int) -> int:
        ((answer, _),) = await self.accesses((name, data, 15))
        return answer

    async def load(self) -> None:
        manifest = self.bundle.manifest
        words = load_stream(self.bundle.folder, manifest)
        answers = await self.accesses(*(("LOAD", int(word), 15) for word in words))
        assert {answer for answer, _ in answers} == {ACK}
        await self.write("INPUT_WORDS", manifest.input_words)
        await self.write("OUTPUT_WORDS", manifest.output_words)

    def input(self, number: int) -> list[tuple[str, int, int]]:
        """A test input of the bundle as writes of the pieces, with noise beyond the words."""
        words = self.bundle.vector("input", number, number + 1)[0]
        padded = np.random.default_rng(number).integers(-128, 128, (len(words), 8), np.int8)
        padded[:, : words.shape[1]] = words
        return [("INPUT", int(piece), 15) for piece in padded.view(np.uint32).reshape(-1)]

    async def check_output(self, number: int) -> None:
        """Require the next words to be what the golden model expects."""
        expected = self.bundle.vector("output", number, number + 1)[0]
        used = self.bundle.vector("output_mask", 0, len(expected)).astype(bool)
        answers = await self.accesses(*[("OUTPUT", None, 15)] * (2 * len(expected)))
        assert {answer for answer, _ in answers} == {ACK}
        pieces = np.array([data for _, data in answers], np.uint32)
        beats = pieces.view(np.int8).reshape(len(expected), 8)
        words = beats[:, : expected.shape[1]]
        assert np.array_equal(words[used], expected[used])
        assert not beats[:, expected.shape[1] :].any()

    async def infer(self, number: int) -> None:
        assert await self.write("CONTROL", START) == ACK
        answers = await self.accesses(*self.input(number))
        assert {answer for answer, _ in answers} == {ACK}
        await self.check_output(number)


@cocotb.test()
@cocotb.parametrize(idle=[0, 5])
async def inferences(dut: Any, idle: int) -> None:
    host = await Host.of(dut, idle, seed=1)
    assert await host.read("ID") == IDENTIFICATION
    await host.load()
    for number in range(host.bundle.inputs):
        await host.infer(number)
        assert await host.read("STATUS") & ~STATUS["input_ready"] == STATUS["done"]
        await host.write("STATUS", STATUS["done"])
        assert await host.read("STATUS") & ~STATUS["input_ready"] == 0
        assert await host.read("COMPLETED") == number + 1
    assert await host.read("CYCLES") >= host.bundle.manifest.predicted_cycles


@cocotb.test()
async def an_output_announces_itself(dut: Any) -> None:
    host = await Host.of(dut, 2, seed=2)
    await host.load()
    await host.write("IRQ_ENABLE", 4)
    await host.write("CONTROL", START)
    await host.accesses(*host.input(0))
    for _ in range(3 * host.bundle.manifest.predicted_cycles):
        await ClockCycles(dut.wb_clk_i, 1)
        if dut.irq.value == 1:
            break
    assert await host.read("STATUS") & STATUS["output_valid"]
    await host.check_output(0)
    assert dut.irq.value == 0


@cocotb.test()
async def what_would_wait_forever_is_refused(dut: Any) -> None:
    host = await Host.of(dut, 0, seed=3)
    await host.load()
    # Nothing runs: there is no output, and but one word of room.
    assert (await host.accesses(("OUTPUT", None, 15)))[0][0] == ERR
    answers = await host.accesses(*host.input(0)[:3])
    assert [answer for answer, _ in answers] == [ACK, ACK, ERR]
    # The core waits for its input.
    await host.write("CONTROL", RESET)
    await host.write("CONTROL", START)
    assert (await host.accesses(("OUTPUT", None, 15)))[0][0] == ERR
    answers = await host.accesses(*host.input(1))
    assert {answer for answer, _ in answers} == {ACK}
    await host.check_output(1)


@cocotb.test()
async def loading_has_its_time(dut: Any) -> None:
    host = await Host.of(dut, 1, seed=4)
    await host.load()
    assert (await host.accesses(("LOAD", 0, 3)))[0][0] == ERR
    await host.write("CONTROL", START)
    assert await host.write("LOAD", 0) == ERR
    answers = await host.accesses(*host.input(2))
    assert {answer for answer, _ in answers} == {ACK}
    await host.check_output(2)
    assert await host.write("LOAD", 99) == ACK  # no such memory
    assert await host.read("STATUS") >> 8 == ErrorCode.LOAD
    assert await host.write("LOAD", 0) == ERR
    await host.write("CONTROL", RESET)
    await host.load()
    await host.infer(0)


@cocotb.test()
async def a_reset_in_the_middle(dut: Any) -> None:
    host = await Host.of(dut, 1, seed=5)
    await host.load()
    writes = host.input(0)
    for count in (0, 1, 5, len(writes)):
        await host.write("CONTROL", START)
        if count:
            await host.accesses(*writes[:count])
        await host.write("CONTROL", RESET)
        assert await host.read("STATUS") & ~STATUS["input_ready"] == 0
        await host.infer(1)
