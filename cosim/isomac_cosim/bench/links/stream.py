"""The link through plain ports."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.bench.links.link import INPUT_HOLD, Cycle, Link
from isomac_cosim.bench.streams import StreamDriver, StreamMonitor
from isomac_cosim.manifest import Manifest


class StreamLink(Link):
    """Every signal of the core is a port."""

    def __init__(self, dut: Any, manifest: Manifest, stall: float, seed: int) -> None:
        super().__init__(dut, manifest, stall, seed)
        for name in ("rst", "start", "input_valid", "output_ready"):
            getattr(dut, name).value = 0

    @property
    def clock(self) -> Any:
        return self.dut.clk

    def reset(self, active: bool) -> None:
        self.dut.rst.value = int(active)

    def observed(self, name: str) -> Any:
        return getattr(self.dut, name)

    async def load(self, words: NDArray[np.uint32], cycle: Cycle, limit: int) -> bool:
        driver = StreamDriver(
            *self._ports("load"), [int(word) for word in words], self.stall, self.input_stalls
        )
        for number in range(limit):
            await cycle()
            driver.step(number)
            if driver.sent == len(words):
                return True
        return False

    def begin(self, words: list[int]) -> None:
        self.dut.start.value = 1
        self._driver = StreamDriver(
            *self._ports("input"), words, self.stall, self.input_stalls, INPUT_HOLD
        )
        self._monitor = StreamMonitor(*self._ports("output"), self.stall, self.output_stalls)
        self.words = self._monitor.words

    def step(self, cycle: int) -> None:
        driver, monitor = self._driver, self._monitor
        driver.step(cycle)
        monitor.step(cycle)
        if cycle == 0:
            self.dut.start.value = 0
        self.sent, self.first_cycle = driver.sent, driver.first_cycle
        self.last_cycle = monitor.last_cycle
        self.unstable |= monitor.unstable

    def quiet(self) -> None:
        self.dut.input_valid.value = 0
        self.dut.output_ready.value = 0

    async def finish(self, cycle: Cycle) -> int:
        return int(self.dut.cycles.value.to_unsigned())

    @property
    def offers(self) -> bool:
        return bool(self.dut.output_valid.value == 1)

    @property
    def drained(self) -> bool:
        return True  # `done` comes after the last word

    def _ports(self, name: str) -> tuple[Any, Any, Any]:
        valid, ready, data = (
            getattr(self.dut, f"{name}_{part}") for part in ("valid", "ready", "data")
        )
        return valid, ready, data
