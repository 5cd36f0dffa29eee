"""What the tests of the gateware share: small parameters, a job for a bench, a simulation."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from amaranth.hdl import Elaboratable, Signal
from amaranth.sim import Simulator, SimulatorContext

from isomac_hw.activation_memory import ActivationMemory
from isomac_hw.job import FIELD_NAMES, Job, JobLayout
from isomac_hw.parameters import AcceleratorParameters

FLAGS = (
    "ends_layer",
    "ends_program",
    "dense",
    "reduce_max",
    "add",
    "weight_restart",
    "linear",
    "lane_sum",
)
#: A layout with room for every value that a small test wants.
LAYOUT = JobLayout.derive(
    [], fixed=False, at_least=dict.fromkeys(FIELD_NAMES, 10) | dict.fromkeys(FLAGS, 1)
)


def parameters(**changes: Any) -> AcceleratorParameters:
    """Return a small accelerator in which no two sizes are the same."""
    base = AcceleratorParameters(
        mode="programmable",
        tile_rows=2,
        tile_columns=3,
        channel_lanes=5,
        requant_lanes=2,
        banks=4,
        window_columns=9,
        input_channels=(1, 3, 5),
        strides=(1, 2),
        features=("dense", "depthwise", "max", "add"),
        activation_depth=100,
        weight_depth=50,
        requant_depth=20,
        program_depth=8,
        accumulator_bits=20,
        bias_bits=18,
        sum_bits=21,
        multiplier_bits=12,
        shift_min=3,
        shift_bits=4,
        softmax=None,
        job_layout=LAYOUT,
    )
    return replace(base, **changes)


class JobRow:
    """A row of the program memory: ``view`` goes to a component, and a bench sets it to a job."""

    def __init__(self, layout: JobLayout = LAYOUT):
        self.layout = layout
        self.signal = Signal(layout.width)
        self.view = layout.view(self.signal)

    def set(self, ctx: SimulatorContext, job: Job) -> None:
        """Show the fields of ``job``."""
        ctx.set(self.signal, self.layout.pack(job))


class ReadPath:
    """The read path of an activation memory; words beyond its depth are noise, addresses wrap.

    A component reads it through ``read_enable`` and ``read_address``; ``tick`` is one cycle and
    returns what ``read_data`` is in the next.
    """

    def __init__(
        self, words: Sequence[int], *, banks: int, word_bits: int, address_bits: int, seed: int = 0
    ):
        self.words, self.banks = words, banks
        self.word_bits, self.address_range = word_bits, 1 << address_bits
        self.random = random.Random(seed)
        self.stages = [self.noise() for _ in range(ActivationMemory.READ_LATENCY)]

    def noise(self) -> list[int]:
        """Words of nobody."""
        return [self.random.getrandbits(self.word_bits) for _ in range(self.banks)]

    def tick(self, enable: int, address: int) -> list[int]:
        """Let a cycle pass."""
        if enable:
            found = self.noise()
            for j in range(self.banks):
                place = (address + j) % self.address_range
                if place < len(self.words):
                    found[j] = self.words[place]
            self.stages = [found, *self.stages[:-1]]
        return self.stages[-1]


def simulate(
    component: Elaboratable, *testbenches: Callable[[SimulatorContext], Awaitable[None]]
) -> None:
    """Run the benches from reset until all of them return."""
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    for testbench in testbenches:
        simulator.add_testbench(testbench)
    simulator.run()
