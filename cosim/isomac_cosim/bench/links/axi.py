"""The link through AXI: registers by AXI4-Lite, data by AXI4-Stream, stalls on every channel."""

from typing import Any

import numpy as np

from isomac_cosim.bench.links.link import INPUT_HOLD, BusLink, Cycle
from isomac_cosim.bench.streams import StreamDriver, StreamMonitor
from isomac_cosim.manifest import Manifest
from isomac_hw.interfaces.ports import beat_bytes, bus_ports
from isomac_hw.interfaces.register_map import register

#: Cycles after which an access without stalls counts as hung.
ACCESS_LIMIT = 1000


class Access:
    """One access by AXI4-Lite: its request channels, in any order, and its response.

    Parameters
    ----------
    dut: the top module.
    requests: for each request channel its signals and their values.
    response: name of the response channel.
    stall: probability in each cycle of not offering, or not being ready.
    stalls: source of the pauses.

    Attributes
    ----------
    finished: the response has come.
    """

    def __init__(
        self,
        dut: Any,
        requests: dict[str, dict[str, int]],
        response: str,
        stall: float,
        stalls: np.random.Generator,
    ) -> None:
        self._dut, self._requests, self._response = dut, requests, response
        self._stall, self._stalls = stall, stalls
        self._offered: set[str] = set()
        self._waiting = set(requests)
        self._ready = False
        self.finished = False
        self.refused = False
        self.data = 0
        self._drive()

    def _port(self, name: str) -> Any:
        return getattr(self._dut, f"s_axi_{name}")

    def _goes(self) -> bool:
        return bool(self._stalls.random() >= self._stall)

    def _drive(self) -> None:
        for channel in sorted(self._waiting - self._offered):
            if self._goes():
                for name, value in self._requests[channel].items():
                    self._port(name).value = value
                self._port(f"{channel}valid").value = 1
                self._offered.add(channel)
        self._ready = self._goes()
        self._port(f"{self._response}ready").value = int(self._ready)

    def step(self) -> None:
        """Note what was taken at the edge, and drive the next cycle."""
        if self.finished:
            return
        for channel in sorted(self._offered & self._waiting):
            if self._port(f"{channel}ready").value == 1:
                self._waiting.remove(channel)
                self._port(f"{channel}valid").value = 0
        if self._ready and self._port(f"{self._response}valid").value == 1:
            self.finished = True
            self.refused = self._port(f"{self._response}resp").value.to_unsigned() != 0
            if self._response == "r":
                self.data = self._port("rdata").value.to_unsigned()
            self._port(f"{self._response}ready").value = 0
            return
        self._drive()


class AxiLink(BusLink):
    """AXI4-Lite and two AXI4-Streams."""

    def __init__(self, dut: Any, manifest: Manifest, stall: float, seed: int) -> None:
        super().__init__(dut, manifest, stall, seed)
        self._bus_stalls = np.random.default_rng([seed, 2])
        self._padding = np.random.default_rng([seed, 3])
        self._beat = beat_bytes(manifest.word_bytes)
        for port in bus_ports("axi", manifest.word_bytes):
            if port.is_input:
                getattr(dut, port.name).value = 0

    def begin(self, words: list[int]) -> None:
        self.restart_counts()
        self._start = self._write("CONTROL", 1)
        self._driver: StreamDriver | None = None
        # What lies beyond the word is nobody's.
        width = 8 * self.manifest.word_bytes
        noise = 8 * (self._beat - self.manifest.word_bytes)
        self._offered = [
            word | int(self._padding.integers(1 << min(noise, 32))) << width for word in words
        ]
        self._monitor = StreamMonitor(*self._stream("m_axis"), self.stall, self.output_stalls)

    def step(self, cycle: int) -> None:
        self.watch_core(cycle)
        if not self._start.finished:
            self._start.step()
        elif self._driver is None:
            self.violations += self._start.refused
            self._driver = StreamDriver(
                *self._stream("s_axis"), self._offered, self.stall, self.input_stalls, INPUT_HOLD
            )
        else:
            self._driver.step(cycle)
            self.sent = self._driver.sent
        before = len(self._monitor.words)
        self._monitor.step(cycle)
        self.unstable |= self._monitor.unstable
        for word in self._monitor.words[before:]:
            self._take(word)

    def _take(self, beat: bytes) -> None:
        """Look at a transfer, whose sidebands the ports still show."""
        size = self.manifest.word_bytes
        self.words.append(beat[:size])
        last = len(self.words) == self.manifest.output_words
        self.violations += any(beat[size:])
        self.violations += (self.dut.m_axis_tlast.value == 1) != last
        self.violations += self.dut.m_axis_tkeep.value.to_unsigned() != (1 << self._beat) - 1

    @property
    def offers(self) -> bool:
        return bool(self.dut.m_axis_tvalid.value == 1)

    def quiet(self) -> None:
        self.dut.s_axis_tvalid.value = 0
        self.dut.m_axis_tready.value = 0

    async def read(self, name: str, cycle: Cycle) -> int:
        request = {"ar": {"araddr": register(name).offset}}
        access = Access(self.dut, request, "r", self.stall, self._bus_stalls)
        await self._finish(access, cycle)
        return access.data

    async def write(self, name: str, value: int, cycle: Cycle) -> None:
        await self._finish(self._write(name, value), cycle)

    def _write(self, name: str, value: int) -> Access:
        requests = {
            "aw": {"awaddr": register(name).offset},
            "w": {"wdata": value, "wstrb": 0xF},
        }
        return Access(self.dut, requests, "b", self.stall, self._bus_stalls)

    async def _finish(self, access: Access, cycle: Cycle) -> None:
        for _ in range(int(ACCESS_LIMIT / (1 - self.stall))):
            await cycle()
            access.step()
            if access.finished:
                break
        self.violations += access.refused or not access.finished

    def _stream(self, name: str) -> tuple[Any, Any, Any]:
        valid, ready, data = (
            getattr(self.dut, f"{name}_{part}") for part in ("tvalid", "tready", "tdata")
        )
        return valid, ready, data
