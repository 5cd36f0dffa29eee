"""A core with its streams, for hand-made jobs: runs, watches every write, resets and loads."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator, SimulatorContext

from isomac_hw import core as core_module
from isomac_hw.activation_memory import ActivationMemory
from isomac_hw.core import Core
from isomac_hw.core_memories import Images, memory_targets
from isomac_hw.image_memory import ImageMemory
from isomac_hw.load_port import LOAD_BITS
from isomac_hw.parameters import AcceleratorParameters


@dataclass
class Run:
    """What one inference did, until it was done or an error came."""

    output: list[int] = field(default_factory=list)
    accepted: int = 0
    cycles: int = 0
    done: bool = False
    error: int = 0
    layers: list[int] = field(default_factory=list)
    #: Words written in the cycles of the run, by address; only the last word of each.
    written: dict[int, int] = field(default_factory=dict)


class CoreDriver:
    """The core in a clock domain with a reset, between a source of input words and a sink.

    The write ports of its memories are watched in every cycle: a word beyond the activation memory,
    or any write while ``error`` is not 0, fails the test.

    Parameters
    ----------
    p, images
        Of the core.
    stall
        Probability with which each stream waits in a cycle.
    """

    def __init__(
        self,
        p: AcceleratorParameters,
        images: Images,
        monkeypatch: pytest.MonkeyPatch,
        *,
        stall: float = 0,
        seed: int = 1,
    ):
        self.p, self.stall = p, stall
        self.random = random.Random(seed)
        self.core = Core(p, images)
        self.domain = ClockDomain("sync")
        self.inputs: list[int] = []
        self.activations: list[ActivationMemory] = []
        self.image_memories: list[ImageMemory] = []
        monkeypatch.setattr(core_module, "ActivationMemory", self._note(ActivationMemory))
        monkeypatch.setattr(core_module, "ImageMemory", self._note(ImageMemory))

    def _note(self, kind: type) -> Callable[..., object]:
        """A constructor that remembers what the core builds."""
        memories = self.activations if kind is ActivationMemory else self.image_memories

        def build(**arguments: object) -> object:
            memories.append(kind(**arguments))
            return memories[-1]

        return build

    def simulate(self, testbench: Callable[[SimulatorContext], object]) -> None:
        """Run a bench on the core."""
        m = Module()
        m.domains.sync = self.domain
        m.submodules.core = self.core
        simulator = Simulator(m)
        simulator.add_clock(1e-6)
        simulator.add_testbench(testbench)
        simulator.run()

    async def tick(self, ctx: SimulatorContext, run: Run | None = None) -> None:
        """One cycle of both streams."""
        core = self.core
        run = run or Run()
        offers = bool(self.inputs) and self.random.random() >= self.stall
        ctx.set(core.i.valid, offers)
        ctx.set(core.i.payload, self.inputs[0] if offers else 0)
        ctx.set(core.o.ready, self.random.random() >= self.stall)
        if offers and ctx.get(core.i.ready):
            self.inputs.pop(0)
            run.accepted += 1
        if ctx.get(core.o.valid) and ctx.get(core.o.ready):
            run.output.append(ctx.get(core.o.payload))
        if ctx.get(core.layer_done):
            run.layers.append(ctx.get(core.layer_cycles))
        self.watch_writes(ctx, run)
        await ctx.tick()
        run.done = run.done or bool(ctx.get(core.done))
        run.error = ctx.get(core.error)
        run.cycles += 1

    def watch_writes(self, ctx: SimulatorContext, run: Run) -> None:
        """Note what is written, and that it may be."""
        memory, banks = self.activations[0], self.p.banks
        error = ctx.get(self.core.error)
        mask = ctx.get(memory.write_mask)
        for bank in range(banks):
            if mask >> bank & 1:
                address = ctx.get(memory.write_address) // banks * banks + bank
                assert address < self.p.activation_depth
                assert not error
                run.written[address] = ctx.get(memory.write_data[bank])
        if self.p.mode == "programmable" and error:
            assert not any(ctx.get(memory.write_enable) for memory in self.image_memories)
        if ctx.get(self.core.trace_valid):
            address = ctx.get(self.core.trace_address)
            assert run.written.get(address) == ctx.get(self.core.trace_data)

    async def start(self, ctx: SimulatorContext) -> None:
        """A rising edge of ``start``."""
        ctx.set(self.core.start, 1)
        await self.tick(ctx)
        ctx.set(self.core.start, 0)

    async def run(self, ctx: SimulatorContext, inputs: Sequence[int], *, limit: int = 2000) -> Run:
        """Start, and go on until the core is done or stops."""
        self.inputs = list(inputs)
        await self.start(ctx)
        run = Run()
        while not (run.done or run.error):
            assert run.cycles < limit, "the core hangs"
            await self.tick(ctx, run)
        assert not ctx.get(self.core.busy)
        # The last layer's pulse comes with ``done``.
        if ctx.get(self.core.layer_done):
            run.layers.append(ctx.get(self.core.layer_cycles))
        return run

    async def reset(self, ctx: SimulatorContext) -> None:
        """One cycle of reset, in which the streams are idle."""
        self.inputs = []
        ctx.set(self.core.i.valid, 0)
        ctx.set(self.domain.rst, 1)
        await ctx.tick()
        ctx.set(self.domain.rst, 0)
        for signal in (self.core.busy, self.core.error, self.core.done, self.core.o.valid):
            assert not ctx.get(signal)

    async def load(self, ctx: SimulatorContext, words: Sequence[int]) -> None:
        """Send words to the load port."""
        for word in words:
            ctx.set(self.core.load.valid, 1)
            ctx.set(self.core.load.payload, word)
            while not ctx.get(self.core.load.ready):
                await self.tick(ctx)
            await self.tick(ctx)
        ctx.set(self.core.load.valid, 0)
        # The last row is written in the cycle after its last word.
        await self.tick(ctx)


def load_packet(p: AcceleratorParameters, name: str, rows: Sequence[int]) -> list[int]:
    """The words for the load port that fill a memory."""
    targets = memory_targets(p)
    index = [target.name for target in targets].index(name)
    return [index, len(rows)] + [
        row >> LOAD_BITS * piece & (1 << LOAD_BITS) - 1
        for row in rows
        for piece in range(targets[index].pieces)
    ]
