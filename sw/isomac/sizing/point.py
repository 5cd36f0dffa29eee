"""One accelerator on one target: what it costs, how fast it is, and whether it fits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from isomac.compile.search import hardware
from isomac.compile.shape import ArrayShape
from isomac.resources import Estimate
from isomac.resources.cores import AnyCores, Number
from isomac.resources.memories import memories
from isomac.targets import Target
from isomac_hw.parameters import AcceleratorParameters

#: Share of the LUTs and of the registers that may be used: a prediction may be some percent low,
#: and what fills a device to the last LUT cannot be routed.
LOGIC_FILL = 0.88
#: Logarithm of the least ratio of two latencies that tells them apart. Clocks are predicted within
#: several percent, so that a finer scale would order noise.
STEP = math.log(1.01)
#: Resources in the order in which they are shown.
RESOURCES = ("lut", "ff", "dsp", "bram")
#: What resources are called.
NAMES = {
    "lut": "LUTs",
    "ff": "registers",
    "dsp": "hard multipliers",
    "bram": "block RAMs",
    "clock": "MHz",
}


@dataclass(frozen=True, kw_only=True)
class Point:
    """An accelerator for a network, predicted for a target.

    Members
    -------
    shape, parameters
        Of the accelerator.
    target
        The FPGA.
    macs, cycles
        Of an inference.
    estimate
        What it takes.
    asked_frequency
        MHz that the user wants; None to take what is predicted.
    """

    shape: ArrayShape
    parameters: AcceleratorParameters
    target: Target
    macs: int
    cycles: int
    estimate: Estimate
    asked_frequency: float | None = None

    @property
    def multipliers(self) -> int:
        """Of the array."""
        return self.shape.multipliers

    @property
    def multiplier_bits(self) -> int:
        """Width of the multipliers in the requantization."""
        return self.parameters.multiplier_bits

    @cached_property
    def memory_bits(self) -> int:
        """Bits of all memories but the program, which is small."""
        return int(memory_bits(self.parameters))

    @property
    def frequency(self) -> float:
        """MHz that the figures of time are for."""
        if self.asked_frequency is not None:
            return self.asked_frequency
        return self.target.frequency if self.estimate.fmax is None else self.estimate.fmax

    @property
    def clock_is(self) -> str:
        """Where the clock is from: asked, predicted, or assumed where nothing predicts it."""
        if self.asked_frequency is not None:
            return "asked"
        return "assumed" if self.estimate.fmax is None else "predicted"

    @property
    def latency_ms(self) -> float:
        """Milliseconds of an inference."""
        return self.cycles / self.frequency / 1000

    @property
    def throughput(self) -> float:
        """Inferences per second, one after the other."""
        return 1000 / self.latency_ms

    @property
    def utilization(self) -> float:
        """Share of the multipliers of the array that do useful work, over all cycles."""
        return self.macs / (self.cycles * self.multipliers)

    def used(self, resource: str) -> int:
        """How much it takes of a resource."""
        return int(getattr(self.estimate, resource))

    @cached_property
    def shares(self) -> dict[str, float]:
        """Share of what may be used, by resource; infinite where there is none of it."""
        return {
            name: self.used(name) / allowed
            if (allowed := usable(self.target, name))
            else (float("inf") if self.used(name) else 0.0)
            for name in RESOURCES
        }

    @cached_property
    def short(self) -> dict[str, float]:
        """What is missing, by resource; of the clock, in MHz. Empty if it fits."""
        found: dict[str, float] = {
            name: self.used(name) - usable(self.target, name)
            for name in RESOURCES
            if self.used(name) > usable(self.target, name)
        }
        fmax = self.estimate.fmax
        if self.asked_frequency is not None and fmax is not None and fmax < self.asked_frequency:
            found["clock"] = self.asked_frequency - fmax
        return found

    @property
    def clock_share(self) -> float:
        """How many times the clock that is predicted is asked for; 0 if either is unknown."""
        if self.asked_frequency is None or self.estimate.fmax is None:
            return 0.0
        return self.asked_frequency / self.estimate.fmax

    @property
    def clock_unknown(self) -> bool:
        """Whether nothing tells that the clock that was asked for is reached."""
        return self.asked_frequency is not None and self.estimate.fmax is None

    @property
    def fits(self) -> bool:
        """Whether the target has all it takes, and no prediction says that it misses the clock."""
        return not self.short

    @property
    def binding(self) -> str:
        """The resource of which the largest share is used."""
        return max(self.shares, key=lambda name: self.shares[name])

    @cached_property
    def speed(self) -> int:
        """Latency on a scale of one percent a step: what is nearer counts as equal."""
        return math.floor(math.log(self.latency_ms) / STEP)

    @cached_property
    def rank(self) -> tuple[float, ArrayShape]:
        """Which one of two accelerators that are equally good is taken: the leaner."""
        return hardware(self.shape), self.shape


def lacks(point: Point) -> str:
    """Names of what is short, for a cell of a table."""
    return ", ".join("clock" if name == "clock" else NAMES[name] for name in point.short)


def usable(target: Target, resource: str) -> int:
    """How much of a resource may be used."""
    count = target.resources[resource].count
    return int(count * LOGIC_FILL) if resource in ("lut", "ff") else count


def memory_bits(parameters: AnyCores) -> Number:
    """Bits of all memories of an accelerator but its program."""
    return sum(
        memory.count * memory.width * memory.depth
        for memory in memories(parameters)
        if memory.name != "program"
    )
