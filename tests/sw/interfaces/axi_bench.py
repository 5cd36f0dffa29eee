"""The AXI interface exercised by cocotbext-axi, which knows nothing of isomac.

Every channel pauses at random. What is expected are the bytes of the golden model in the bundle.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

from isomac_cosim.bundle import Bundle, open_bundle
from isomac_cosim.images import load_stream
from isomac_hw.errors import ErrorCode
from isomac_hw.interfaces.register_map import IDENTIFICATION, register
from tests.sw.interfaces.conftest import VARIABLE

STATUS = {field.name: 1 << field.low for field in register("STATUS").fields}
ERROR = 0xF00
START, RESET = 1, 2


@dataclass
class Host:
    """A system around the accelerator: register bus, source and sink of the streams."""

    dut: Any
    bundle: Bundle
    registers: Any
    source: Any
    sink: Any

    @classmethod
    async def of(cls, dut: Any, stall: float, seed: int) -> "Host":
        Clock(dut.aclk, 10, unit="ns").start()
        host = cls(
            dut,
            open_bundle(Path(os.environ[VARIABLE]), verify_files=False),
            *(
                kind(bus.from_prefix(dut, prefix), dut.aclk, dut.aresetn, reset_active_level=False)
                for kind, bus, prefix in (
                    (AxiLiteMaster, AxiLiteBus, "s_axi"),
                    (AxiStreamSource, AxiStreamBus, "s_axis"),
                    (AxiStreamSink, AxiStreamBus, "m_axis"),
                )
            ),
        )
        await host.reset_port()
        if stall:
            write, read = host.registers.write_if, host.registers.read_if
            channels = (
                *(write.aw_channel, write.w_channel, write.b_channel),
                *(read.ar_channel, read.r_channel, host.source, host.sink),
            )
            for number, channel in enumerate(channels):
                channel.set_pause_generator(pauses(stall, seed + number))
        return host

    async def reset_port(self) -> None:
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, 4)
        assert self.dut.m_axis_tvalid.value == 0
        assert self.dut.s_axi_bvalid.value == 0
        assert self.dut.s_axi_rvalid.value == 0
        self.dut.aresetn.value = 1
        await ClockCycles(self.dut.aclk, 2)

    async def read(self, name: str | int) -> int:
        offset = register(name).offset if isinstance(name, str) else name
        answer = await self.registers.read(offset, 4)
        assert answer.resp == AxiResp.OKAY
        return int.from_bytes(answer.data, "little")

    async def write(self, name: str | int, value: int) -> AxiResp:
        offset = register(name).offset if isinstance(name, str) else name
        answer = await self.registers.write(offset, value.to_bytes(4, "little"))
        return AxiResp(answer.resp)

    async def load(self) -> None:
        manifest = self.bundle.manifest
        for word in load_stream(self.bundle.folder, manifest):
            assert await self.write("LOAD", int(word)) == AxiResp.OKAY
        await self.write("INPUT_WORDS", manifest.input_words)
        await self.write("OUTPUT_WORDS", manifest.output_words)

    def input(self, number: int) -> bytes:
        """A test input of the bundle as the bytes of transfers, with noise beyond the words."""
        words = self.bundle.vector("input", number, number + 1)[0]
        width = len(self.dut.s_axis_tdata) // 8
        assert words.shape[1] < width
        beats = np.random.default_rng(number).integers(-128, 128, (len(words), width), np.int8)
        beats[:, : words.shape[1]] = words
        return beats.tobytes()

    async def check_output(self, number: int) -> None:
        """Require the next frame to be what the golden model expects."""
        frame = await self.sink.recv(compact=False)
        assert all(frame.tkeep)
        expected = self.bundle.vector("output", number, number + 1)[0]
        used = self.bundle.vector("output_mask", 0, len(expected)).astype(bool)
        beats = np.frombuffer(bytes(frame.tdata), np.int8).reshape(len(expected), -1)
        words = beats[:, : expected.shape[1]]
        assert np.array_equal(words[used], expected[used])
        assert not beats[:, expected.shape[1] :].any()

    async def until(self, bits: int) -> int:
        for _ in range(2000):
            status = await self.read("STATUS")
            if status & bits:
                return status
        raise AssertionError("the status never came")


def pauses(stall: float, seed: int) -> Iterator[bool]:
    source = random.Random(seed)
    while True:
        yield source.random() < stall


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.3, 0.7])
async def inferences_back_to_back(dut: Any, stall: float) -> None:
    host = await Host.of(dut, stall, seed=10)
    await host.load()
    inputs = range(host.bundle.inputs)
    for number in inputs:
        host.source.send_nowait(AxiStreamFrame(host.input(number)))
    assert await host.write("CONTROL", START) == AxiResp.OKAY
    for number in inputs:
        if number + 1 < len(inputs):
            # Behind the one that runs.
            assert await host.write("CONTROL", START) == AxiResp.OKAY
        await host.check_output(number)
    await host.until(STATUS["done"])
    while await host.read("COMPLETED") != len(inputs):
        pass
    assert not await host.read("STATUS") & (STATUS["busy"] | STATUS["overrun"])
    cycles = await host.read("CYCLES")
    predicted = host.bundle.manifest.predicted_cycles
    assert cycles == predicted if not stall else cycles >= predicted
    assert host.sink.empty()


@cocotb.test()
async def an_input_may_come_before_or_after_the_start(dut: Any) -> None:
    host = await Host.of(dut, 0.4, seed=20)
    await host.load()
    host.source.send_nowait(AxiStreamFrame(host.input(0)))
    await ClockCycles(dut.aclk, 50)
    assert not host.source.empty() or host.source.active
    assert await host.read("STATUS") & STATUS["busy"] == 0
    await host.write("CONTROL", START)
    await host.check_output(0)
    await host.write("CONTROL", START)
    await ClockCycles(dut.aclk, 50)
    assert await host.read("STATUS") & STATUS["busy"]
    host.source.send_nowait(AxiStreamFrame(host.input(1)))
    await host.check_output(1)


@cocotb.test()
async def starts_while_busy(dut: Any) -> None:
    host = await Host.of(dut, 0.3, seed=30)
    await host.load()
    for _ in range(3):
        await host.write("CONTROL", START)
    status = await host.read("STATUS")
    assert status & STATUS["queued"]
    assert status & STATUS["overrun"]
    for number in (0, 1):
        host.source.send_nowait(AxiStreamFrame(host.input(number)))
        await host.check_output(number)
    while await host.read("COMPLETED") != 2:
        pass
    assert await host.read("STATUS") & ~STATUS["input_ready"] == (
        STATUS["done"] | STATUS["overrun"]
    )
    await host.write("STATUS", STATUS["done"] | STATUS["overrun"])
    assert await host.read("STATUS") & ~STATUS["input_ready"] == 0


@cocotb.test()
async def interrupt_and_clear(dut: Any) -> None:
    host = await Host.of(dut, 0.3, seed=40)
    await host.load()
    await host.write("IRQ_ENABLE", 1)
    await host.write("CONTROL", START)
    host.source.send_nowait(AxiStreamFrame(host.input(2)))
    assert dut.irq.value == 0
    await RisingEdge(dut.irq)
    await host.check_output(2)
    assert await host.read("IRQ_STATUS") == 1
    await host.write("STATUS", STATUS["done"])
    assert dut.irq.value == 0
    assert await host.read("IRQ_STATUS") == 0


@cocotb.test()
async def a_bad_load_stops_the_core_until_a_reset(dut: Any) -> None:
    host = await Host.of(dut, 0.3, seed=50)
    await host.write("IRQ_ENABLE", 2)
    await host.write("LOAD", 99)  # no such memory
    status = await host.until(ERROR)
    assert status & ERROR == ErrorCode.LOAD << 8
    assert dut.irq.value == 1
    assert await host.write("LOAD", 0) == AxiResp.SLVERR
    await host.write("CONTROL", START)
    assert await host.read("STATUS") & STATUS["busy"] == 0
    await host.write("CONTROL", RESET)
    assert await host.read("STATUS") & ERROR == 0
    assert dut.irq.value == 0
    await host.load()
    await host.write("CONTROL", START)
    host.source.send_nowait(AxiStreamFrame(host.input(0)))
    await host.check_output(0)


@cocotb.test()
async def a_load_while_it_runs_is_refused(dut: Any) -> None:
    host = await Host.of(dut, 0.2, seed=60)
    await host.load()
    await host.write("CONTROL", START)
    assert await host.write("LOAD", 0) == AxiResp.SLVERR
    host.source.send_nowait(AxiStreamFrame(host.input(1)))
    await host.check_output(1)


@cocotb.test()
@cocotb.parametrize(by_port=[False, True])
async def a_reset_in_the_middle(dut: Any, by_port: bool) -> None:
    """At any point of an inference; the next one starts from nothing."""
    host = await Host.of(dut, 0.3, seed=70)
    await host.load()
    predicted = host.bundle.manifest.predicted_cycles
    for cycles in (1, 10, predicted // 3, predicted // 2, predicted - 5, predicted + 20):
        host.sink.pause = True
        await host.write("CONTROL", START)
        host.source.send_nowait(AxiStreamFrame(host.input(0)))
        await ClockCycles(dut.aclk, cycles)
        if by_port:
            await host.reset_port()
            await host.write("INPUT_WORDS", host.bundle.manifest.input_words)
            await host.write("OUTPUT_WORDS", host.bundle.manifest.output_words)
        else:
            # The other ends of the streams are reset with it.
            await host.write("CONTROL", RESET)
        for end in (host.source, host.sink):
            end.assert_reset()
            end.clear()
        assert await host.read("STATUS") & ~STATUS["input_ready"] == 0
        assert await host.read("COMPLETED") == 0
        host.sink.pause = False
        await host.write("CONTROL", START)
        host.source.send_nowait(AxiStreamFrame(host.input(1)))
        await host.check_output(1)
        await host.until(STATUS["done"])
        await host.write("STATUS", STATUS["done"])
        await host.write("CONTROL", RESET)


@cocotb.test()
async def registers_by_byte_and_beyond(dut: Any) -> None:
    host = await Host.of(dut, 0.3, seed=80)
    assert await host.read("ID") == IDENTIFICATION
    assert await host.read("CAPABILITY") & 0xFFFF == host.bundle.manifest.word_bytes
    await host.write("INPUT_WORDS", 0x11223344)
    await host.registers.write(register("INPUT_WORDS").offset + 1, b"\xaa\xbb")
    assert await host.read("INPUT_WORDS") == 0x11BBAA44
    # A write that crosses into the next register.
    await host.registers.write(register("INPUT_WORDS").offset + 3, b"\x01\x02")
    assert await host.read("INPUT_WORDS") == 0x01BBAA44
    assert await host.read("OUTPUT_WORDS") == 2
    for offset in (0x34, 0x7FC, 0x800, 0xC00, 0xFFC):
        assert await host.write(offset, 0xFFFFFFFF) == AxiResp.OKAY
        assert await host.read(offset) == 0
    # A part of a word of the load port is refused, whichever part.
    answer = await host.registers.write(register("LOAD").offset, b"\x00\x00")
    assert answer.resp == AxiResp.SLVERR


@cocotb.test()
async def reads_and_writes_at_once(dut: Any) -> None:
    host = await Host.of(dut, 0.5, seed=90)

    async def count_up() -> None:
        for value in range(1, 60):
            assert await host.write("OUTPUT_WORDS", value) == AxiResp.OKAY

    writer = cocotb.start_soon(count_up())
    last = 0
    while not writer.done():
        value = await host.read("OUTPUT_WORDS")
        assert value >= last
        last = value
    assert await host.read("OUTPUT_WORDS") == 59
