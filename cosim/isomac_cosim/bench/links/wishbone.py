"""The link through Wishbone: registers and data on one pipelined bus, with random idle cycles."""

from collections import deque
from typing import Any

import numpy as np

from isomac_cosim.bench.links.link import INPUT_HOLD, BusLink, Cycle
from isomac_cosim.manifest import Manifest
from isomac_hw.interfaces.ports import bus_ports
from isomac_hw.interfaces.register_map import register

#: Cycles after which an access counts as hung.
ACCESS_LIMIT = 1000
#: Bytes of a piece of a word.
PIECE = 4


class WishboneLink(BusLink):
    """One bus for all: the start, then the pieces of the input, then those of the output."""

    def __init__(self, dut: Any, manifest: Manifest, stall: float, seed: int) -> None:
        super().__init__(dut, manifest, stall, seed)
        self._pieces = -(-manifest.word_bytes // PIECE)
        self._noise = np.random.default_rng([seed, 3])
        for port in bus_ports("wishbone", manifest.word_bytes):
            if port.is_input:
                getattr(dut, port.name).value = 0
        #: Requests to make, as (name of the register, data of a write or None), in order.
        self._requests: deque[tuple[str, int | None]] = deque()
        self._offered = False
        #: Registers of the requests that were taken and not answered.
        self._due: deque[str] = deque()
        self._found: list[bytes] = []
        self._answer = self._hold = self._taken = 0

    def begin(self, words: list[int]) -> None:
        self.restart_counts()
        self._requests = deque([("CONTROL", 1)])
        size = PIECE * self._pieces
        for word in words:
            # What lies beyond the word is nobody's.
            noise = int(self._noise.integers(1 << 32)) << 8 * self.manifest.word_bytes
            content = (word | noise).to_bytes(size + PIECE + self.manifest.word_bytes, "little")
            for start in range(0, size, PIECE):
                piece = int.from_bytes(content[start : start + PIECE], "little")
                self._requests.append(("INPUT", piece))
        self._requests += [("OUTPUT", None)] * (self.manifest.output_words * self._pieces)
        self._hold = INPUT_HOLD
        self._taken = 0
        self.dut.wb_cyc_i.value = 1

    def step(self, cycle: int) -> None:
        self.watch_core(cycle)
        self._step(self.input_stalls)

    def _step(self, stalls: np.random.Generator) -> None:
        dut = self.dut
        acknowledged, refused = dut.wb_ack_o.value == 1, dut.wb_err_o.value == 1
        if acknowledged or refused:
            self.violations += refused or not self._due
            self._answer = int(dut.wb_dat_o.value.to_unsigned())
            if self._due and self._due.popleft() == "OUTPUT":
                self._take(self._answer)
        if self._offered and dut.wb_stall_o.value == 0:
            name, _ = self._requests.popleft()
            self._due.append(name)
            self._offered = False
            if name == "INPUT":
                self._taken += 1
                self.sent = self._taken // self._pieces
        if self._offered:
            return
        # After the start the core gets time to launch its first job.
        resting = self._hold and bool(self._requests) and self._requests[0][0] == "INPUT"
        self._hold -= 1 if resting else 0
        if self._requests and not resting and stalls.random() >= self.stall:
            name, data = self._requests[0]
            dut.wb_adr_i.value = register(name).index
            dut.wb_we_i.value = int(data is not None)
            dut.wb_dat_i.value = data or 0
            dut.wb_sel_i.value = 0xF
            self._offered = True
        dut.wb_stb_i.value = int(self._offered)

    def _take(self, piece: int) -> None:
        self._found.append(piece.to_bytes(PIECE, "little"))
        if len(self._found) == self._pieces:
            word = b"".join(self._found)
            self._found = []
            self.words.append(word[: self.manifest.word_bytes])
            self.violations += any(word[self.manifest.word_bytes :])

    @property
    def offers(self) -> bool:
        return bool(self.dut.wb_ack_o.value == 1)  # to nobody

    def quiet(self) -> None:
        self.dut.wb_cyc_i.value = 0
        self.dut.wb_stb_i.value = 0
        self._requests.clear()
        self._due.clear()
        self._found = []
        self._offered = False

    async def read(self, name: str, cycle: Cycle) -> int:
        return await self._access(name, None, cycle)

    async def write(self, name: str, value: int, cycle: Cycle) -> None:
        await self._access(name, value, cycle)

    async def _access(self, name: str, data: int | None, cycle: Cycle) -> int:
        self.dut.wb_cyc_i.value = 1
        self._requests.append((name, data))
        for _ in range(int(ACCESS_LIMIT / (1 - self.stall))):
            await cycle()
            self._step(self.output_stalls)
            if not self._requests and not self._due:
                break
        self.violations += bool(self._requests or self._due)
        self.dut.wb_cyc_i.value = 0
        return self._answer
