"""Drivers and monitors of the per-cycle bench.

Each has a method `step`, called once a cycle right after the rising edge, when the ports still show
the values from before it. What it writes holds for the next cycle.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


class StreamDriver:
    """Offers words on a valid/ready stream, with random pauses.

    A word once offered stays until it is accepted.

    Parameters
    ----------
    valid, ready, data: the ports.
    words: what to send.
    stall: probability of a pause in each cycle without an offered word.
    stalls: source of the pauses.
    hold: cycles before the first word may be offered.
    """

    def __init__(
        self,
        valid: Any,
        ready: Any,
        data: Any,
        words: list[int],
        stall: float,
        stalls: np.random.Generator,
        hold: int = 0,
    ) -> None:
        self._valid, self._ready, self._data = valid, ready, data
        self._words = words
        self._stall = stall
        self._stalls = stalls
        self._offering = False
        self.sent = 0
        self.first_cycle = 0
        self._hold = hold
        if not hold:
            self._offer()

    def _offer(self) -> None:
        wants = self.sent < len(self._words) and self._stalls.random() >= self._stall
        if wants:
            self._data.value = self._words[self.sent]
        if wants != self._offering:
            self._valid.value = int(wants)
        self._offering = wants

    def step(self, cycle: int) -> None:
        """Note whether the offered word was accepted, and offer the next one."""
        if self._hold > 1:
            self._hold -= 1
            return
        if self._offering:
            if self._ready.value != 1:
                return
            if self.sent == 0:
                self.first_cycle = cycle
            self.sent += 1
        self._offer()


class StreamMonitor:
    """Accepts words on a valid/ready stream, with random back-pressure.

    Parameters
    ----------
    valid, ready, data: the ports.
    stall: probability in each cycle of not being ready in the next one.
    stalls: source of the pauses.
    """

    def __init__(
        self, valid: Any, ready: Any, data: Any, stall: float, stalls: np.random.Generator
    ) -> None:
        self._valid, self._ready, self._data = valid, ready, data
        self._stall = stall
        self._stalls = stalls
        self._waiting: bytes | None = None
        self.words: list[bytes] = []
        self.last_cycle = 0
        self.unstable = False
        self._is_ready = stalls.random() >= stall
        self._ready.value = int(self._is_ready)

    def step(self, cycle: int) -> None:
        """Take the word of a handshake; a word that was refused must be offered again."""
        offered = self._valid.value == 1
        word = self._data.value.to_bytes(byteorder="little") if offered else None
        if self._waiting is not None and word != self._waiting:
            self.unstable = True
        self._waiting = word
        if word is not None and self._is_ready:
            self.words.append(word)
            self.last_cycle = cycle
            self._waiting = None
        ready = self._stalls.random() >= self._stall
        if ready != self._is_ready:
            self._ready.value = int(ready)
        self._is_ready = ready


class LayerMonitor:
    """Collects memory writes and the pulses that end layers.

    Parameters
    ----------
    observed: the port or wire of this name.

    Attributes
    ----------
    addresses, data: the writes, in order.
    ends: number of writes up to and including each pulse of `layer_done`.
    cycles: the port `layer_cycles` at each pulse.
    """

    def __init__(self, observed: Callable[[str], Any]) -> None:
        self._write = observed("trace_valid")
        self._address = observed("trace_address")
        self._data = observed("trace_data")
        self._layer_done = observed("layer_done")
        self._layer_cycles = observed("layer_cycles")
        self.addresses: list[int] = []
        self.data: list[bytes] = []
        self.ends: list[int] = []
        self.cycles: list[int] = []

    def step(self) -> None:
        """Sample the write port and the pulse."""
        if self._write.value == 1:
            self.addresses.append(self._address.value.to_unsigned())
            self.data.append(self._data.value.to_bytes(byteorder="little"))
        if self._layer_done.value == 1:
            self.ends.append(len(self.addresses))
            self.cycles.append(self._layer_cycles.value.to_unsigned())


def words_to_ints(words: NDArray[np.int8]) -> list[int]:
    """Memory words, int8 (words, M), as unsigned integers; byte 0 is the least significant."""
    return [int.from_bytes(word.tobytes(), "little") for word in words]


def words_from_bytes(words: list[bytes], count: int, width: int) -> NDArray[np.int8]:
    """The first `count` words as int8 (count, width); absent words are 0."""
    found = np.frombuffer(b"".join(words[:count]), np.int8).reshape(-1, width)
    result = np.zeros((count, width), np.int8)
    result[: len(found)] = found
    return result
