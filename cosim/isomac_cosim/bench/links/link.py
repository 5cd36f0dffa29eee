"""What a link is: start, input and output of an inference through the accelerator's interface."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.manifest import Manifest
from isomac_hw.interfaces.ports import CLOCKINGS, OBSERVED_PREFIX
from isomac_hw.interfaces.register_map import register

#: As in simulator/burst.hpp: cycles from the start of an inference to the first offered word.
INPUT_HOLD = 8

#: Lets a cycle pass.
Cycle = Callable[[], Awaitable[None]]


class Link(ABC):
    """Drives an interface, cycle by cycle.

    `step` is called once a cycle right after the rising edge, when the ports still show the values
    from before it. What is written then holds for the next cycle.

    Parameters
    ----------
    dut: the top module.
    manifest: of the bundle.
    stall: probability of a pause in each cycle, of each channel.
    seed: of the pauses.

    Attributes
    ----------
    sent: input words that were taken.
    words: output words, with M bytes each.
    first_cycle, last_cycle: when the core took the first word and gave the last one.
    unstable: a word was withdrawn or changed while it was offered.
    violations: of the rules of a bus, and registers that read otherwise than they should.
    """

    def __init__(self, dut: Any, manifest: Manifest, stall: float, seed: int) -> None:
        self.dut, self.manifest, self.stall = dut, manifest, stall
        # One source for each side, so that the stalls of one do not depend on the other.
        self.input_stalls = np.random.default_rng([seed, 0])
        self.output_stalls = np.random.default_rng([seed, 1])
        self.sent = 0
        self.words: list[bytes] = []
        self.first_cycle = self.last_cycle = 0
        self.unstable = False
        self.violations = 0

    @property
    @abstractmethod
    def clock(self) -> Any:
        """The clock port."""

    @abstractmethod
    def reset(self, active: bool) -> None:
        """Drive the reset."""

    @abstractmethod
    def observed(self, name: str) -> Any:
        """What shows a port of the stream interface."""

    @abstractmethod
    async def load(self, words: NDArray[np.uint32], cycle: Cycle, limit: int) -> bool:
        """Send words to the load port; False if it hangs for `limit` cycles or refuses one."""

    @abstractmethod
    def begin(self, words: list[int]) -> None:
        """Begin an inference: its start, and these words of input."""

    @abstractmethod
    def step(self, cycle: int) -> None:
        """Go on by a cycle."""

    @abstractmethod
    def quiet(self) -> None:
        """Offer and accept nothing."""

    @abstractmethod
    async def finish(self, cycle: Cycle) -> int:
        """The cycles of the inference as the accelerator counts them."""

    @property
    @abstractmethod
    def offers(self) -> bool:
        """A word of output is offered."""

    @property
    def drained(self) -> bool:
        """No word of output is on its way behind the core."""
        return len(self.words) >= self.manifest.output_words


class BusLink(Link):
    """A link through registers; subclasses have the accesses."""

    def __init__(self, dut: Any, manifest: Manifest, stall: float, seed: int) -> None:
        super().__init__(dut, manifest, stall, seed)
        self._clocking = CLOCKINGS[manifest.interface]
        self._took = self.observed("input_taken")
        self._gave = self.observed("output_taken")
        self._counting = False

    @property
    def clock(self) -> Any:
        return getattr(self.dut, self._clocking.clock)

    def reset(self, active: bool) -> None:
        getattr(self.dut, self._clocking.reset).value = int(active != self._clocking.active_low)

    def observed(self, name: str) -> Any:
        return getattr(self.dut, f"{OBSERVED_PREFIX}{name}")

    def restart_counts(self) -> None:
        """Count words and cycles of a new inference."""
        self.sent, self.words = 0, []
        self.first_cycle = self.last_cycle = 0
        self._counting = False

    def watch_core(self, cycle: int) -> None:
        """Note when the core takes and gives words, as its own counter does."""
        if self._took.value == 1 and not self._counting:
            self._counting, self.first_cycle = True, cycle
        if self._gave.value == 1:
            self.last_cycle = cycle

    @abstractmethod
    async def read(self, name: str, cycle: Cycle) -> int:
        """Read a register."""

    @abstractmethod
    async def write(self, name: str, value: int, cycle: Cycle) -> None:
        """Write a register."""

    async def load(self, words: NDArray[np.uint32], cycle: Cycle, limit: int) -> bool:
        for word in words:
            await self.write("LOAD", int(word), cycle)
            if self.violations:
                return False
        return True

    async def configure(self, cycle: Cycle) -> None:
        """Tell a programmable accelerator the sizes of its network."""
        for name, words in (
            ("INPUT_WORDS", self.manifest.input_words),
            ("OUTPUT_WORDS", self.manifest.output_words),
        ):
            await self.write(name, words, cycle)
            self.violations += await self.read(name, cycle) != words

    async def finish(self, cycle: Cycle) -> int:
        status = register("STATUS")
        done = 1 << status.field("done").low
        ready = 1 << status.field("input_ready").low
        for expected in (done, 0):
            # Whether the next word would be taken now is the core's business.
            self.violations += (await self.read("STATUS", cycle)) & ~ready != expected
            await self.write("STATUS", done, cycle)
        return await self.read("CYCLES", cycle)
