"""Runs a compiled program on the core in Amaranth's simulator."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from amaranth.sim import Simulator, SimulatorContext

from isomac.bundle.words import input_stream
from isomac.compile.program import Program
from isomac.compile.work import View
from isomac_hw.core import Core


@dataclass(frozen=True)
class CoreRun:
    """What one inference left: output words, cycles, layer cycles, writes by layer, error."""

    output: list[int]
    cycles: int
    layer_cycles: list[int]
    writes: list[dict[int, int]]
    error: int


def to_words(view: View, tensor: npt.NDArray[np.int8]) -> list[int]:
    """Words of the input stream for an int8 tensor (C, H, W) or (F,)."""
    words = input_stream(view.layout, tensor[None])[0]
    return [int.from_bytes(word.tobytes(), "little") for word in words]


def from_words(view: View, words: list[int]) -> npt.NDArray[np.int8]:
    """An int8 tensor (C, H * W) from its words in memory order."""
    layout = view.layout
    lanes = layout.word_channels
    data = np.frombuffer(b"".join(w.to_bytes(lanes, "little") for w in words), np.int8)
    by_slot = data.reshape(layout.planes, -1, lanes).transpose(0, 2, 1)
    return by_slot.reshape(layout.planes * lanes, -1)[layout.slot_array]


def run_program(
    program: Program,
    inputs: list[list[int]],
    *,
    stall_seed: int | None = None,
    limit: int = 200_000,
) -> list[CoreRun]:
    """Run one inference after the other without reset; `inputs` are the words of each.

    With `stall_seed` both streams stall at random.
    """
    core = Core(program.parameters, program.images)
    runs: list[CoreRun] = []
    expected_words = sum(view.layout.words for view, _ in program.outputs)

    async def bench(ctx: SimulatorContext) -> None:
        random = np.random.default_rng(stall_seed)
        for words in inputs:
            queue = list(words)
            output: list[int] = []
            layer_cycles: list[int] = []
            writes: list[dict[int, int]] = [{}]
            ctx.set(core.start, 1)
            await ctx.tick()
            ctx.set(core.start, 0)
            for _ in range(limit):
                stalls = stall_seed is not None
                offer = bool(queue) and not (stalls and random.random() < 0.5)
                take = not (stalls and random.random() < 0.5)
                ctx.set(core.i.valid, offer)
                ctx.set(core.i.payload, queue[0] if offer else 0)
                ctx.set(core.o.ready, take)
                accepted_in = offer and ctx.get(core.i.ready)
                if take and ctx.get(core.o.valid):
                    output.append(ctx.get(core.o.payload))
                if ctx.get(core.layer_done):
                    layer_cycles.append(ctx.get(core.layer_cycles))
                    writes.append({})
                if ctx.get(core.trace_valid):
                    address = ctx.get(core.trace_address)
                    assert address not in writes[-1], "a word was written twice in one layer"
                    writes[-1][address] = ctx.get(core.trace_data)
                busy, error = ctx.get(core.busy), ctx.get(core.error)
                if error or (not busy and len(output) == expected_words and ctx.get(core.done)):
                    break
                await ctx.tick()
                if accepted_in:
                    queue.pop(0)
            else:
                raise AssertionError("the core did not finish")
            runs.append(CoreRun(output, ctx.get(core.cycles), layer_cycles, writes[:-1], error))
            if error:
                return
            await ctx.tick()

    simulator = Simulator(core)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return runs


def run_back_to_back(program: Program, inputs: list[list[int]]) -> tuple[list[list[int]], int]:
    """Outputs of inferences that follow each other at once, and the cycles they all took.

    Input words are offered without a pause, and `start` rises while the one before runs. Cycles are
    counted from the first accepted input word to the last output word, both included.
    """
    core = Core(program.parameters, program.images)
    outputs: list[list[int]] = []
    span = [0, 0]

    async def bench(ctx: SimulatorContext) -> None:
        queue = [word for words in inputs for word in words]
        ctx.set(core.o.ready, 1)
        ctx.set(core.start, 1)
        outputs.append([])
        cycle = 0
        started = 1
        while len(outputs) <= len(inputs):
            ctx.set(core.i.valid, bool(queue))
            ctx.set(core.i.payload, queue[0] if queue else 0)
            accepted = bool(queue) and ctx.get(core.i.ready)
            if ctx.get(core.o.valid):
                outputs[-1].append(ctx.get(core.o.payload))
                span[1] = cycle
            done = ctx.get(core.done)
            assert not ctx.get(core.error)
            await ctx.tick()
            if accepted and len(queue) == sum(map(len, inputs)):
                span[0] = cycle
            if accepted:
                queue.pop(0)
            if done:
                outputs.append([])
            # One start is kept; the port must fall before it can rise again.
            again = not ctx.get(core.start) and started <= len(outputs) < len(inputs) + 1
            ctx.set(core.start, again)
            started += again
            cycle += 1
            assert cycle < 300_000, "the core did not finish"

    simulator = Simulator(core)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return outputs[:-1], span[1] - span[0] + 1
