# amaranth: UnusedElaboratable=no
"""The top level: its ports by name, and an inference through them."""

import random

import pytest
from amaranth.lib.wiring import Flow
from amaranth.sim import SimulatorContext

from isomac_hw.accelerator import Accelerator
from tests.hw.bench import simulate
from tests.hw.core_driver import load_packet
from tests.hw.small_core import (
    TARGET,
    array_job,
    expected,
    images,
    input_job,
    output_job,
    pixels,
    small,
    to_words,
)

INPUTS = {"start": 1, "input_valid": 1, "input_data": 16, "output_ready": 1}
OUTPUTS = {
    "busy": 1,
    "done": 1,
    "error": 4,
    "input_ready": 1,
    "output_valid": 1,
    "output_data": 16,
    "cycles": 32,
    "layer_done": 1,
    "layer_cycles": 32,
    "trace_valid": 1,
    "trace_address": 6,
    "trace_data": 16,
}


@pytest.mark.parametrize("mode", ["fixed", "programmable"])
def test_ports(mode: str) -> None:
    """Scalars and packed vectors, as ARCHITECTURE.md lists them."""
    found: dict[Flow, dict[str, int]] = {Flow.In: {}, Flow.Out: {}}
    for name, member in Accelerator(small(mode=mode)).signature.members.items():
        assert member.is_port
        found[member.flow][name] = member.shape
    load = mode == "programmable"
    assert found[Flow.In] == INPUTS | ({"load_valid": 1, "load_data": 32} if load else {})
    assert found[Flow.Out] == OUTPUTS | ({"load_ready": 1} if load else {})


def test_an_inference() -> None:
    p = small()
    dut = Accelerator(p)
    content = images(p, [input_job(), array_job(p), output_job()])
    values = pixels(random.Random(1))

    async def send(ctx: SimulatorContext, port: str, words: list[int]) -> None:
        for word in words:
            # A cycle without a word before each.
            ctx.set(getattr(dut, f"{port}_valid"), 0)
            ctx.set(getattr(dut, f"{port}_data"), 0)
            await ctx.tick()
            ctx.set(getattr(dut, f"{port}_valid"), 1)
            ctx.set(getattr(dut, f"{port}_data"), word)
            while not ctx.get(getattr(dut, f"{port}_ready")):
                await ctx.tick()
            await ctx.tick()
        ctx.set(getattr(dut, f"{port}_valid"), 0)

    async def testbench(ctx: SimulatorContext) -> None:
        for name in ("program", "weights", "requant"):
            await send(ctx, "load", load_packet(p, name, getattr(content, name)))
        ctx.set(dut.start, 1)
        await send(ctx, "input", to_words(values))
        output: list[int] = []
        traced = layers = 0
        for cycle in range(100):
            ctx.set(dut.output_ready, cycle % 3 == 0)
            if ctx.get(dut.output_valid) and ctx.get(dut.output_ready):
                output.append(ctx.get(dut.output_data))
            if ctx.get(dut.trace_valid):
                assert ctx.get(dut.trace_data) == expected(p, values)[traced]
                assert ctx.get(dut.trace_address) == TARGET + traced
                traced += 1
            layers += ctx.get(dut.layer_cycles) if ctx.get(dut.layer_done) else 0
            if ctx.get(dut.done):
                break
            assert ctx.get(dut.busy)
            assert not ctx.get(dut.load_ready)
            await ctx.tick()
        assert not ctx.get(dut.error)
        assert output == expected(p, values)
        assert traced == len(values)
        assert layers == ctx.get(dut.cycles)

    simulate(dut, testbench)
