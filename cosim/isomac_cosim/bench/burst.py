"""Bursts, seen from Python: the twin of `simulator/burst.hpp`."""

import ctypes
from enum import IntEnum
from typing import ClassVar

import numpy as np
from cocotb.triggers import Timer
from numpy.typing import NDArray

from isomac_cosim.capture import OUTCOME, Capture, Status
from isomac_cosim.manifest import Manifest


class Action(IntEnum):
    """What a burst does."""

    RESET = 0
    LOAD = 1
    INFER = 2
    STREAM = 3


class Burst(ctypes.Structure):
    """`struct Burst`, field by field."""

    _fields_: ClassVar = [
        ("action", ctypes.c_uint32),
        ("status", ctypes.c_uint32),
        ("inferences", ctypes.c_uint32),
        ("input_words", ctypes.c_uint32),
        ("output_words", ctypes.c_uint32),
        ("layers", ctypes.c_uint32),
        ("cycle_limit", ctypes.c_uint64),
        ("write_capacity", ctypes.c_uint64),
        ("load_words", ctypes.c_uint64),
        ("input", ctypes.c_void_p),
        ("load", ctypes.c_void_p),
        ("output", ctypes.c_void_p),
        ("outcomes", ctypes.c_void_p),
        ("layer_cycles", ctypes.c_void_p),
        ("layer_end", ctypes.c_void_p),
        ("addresses", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("writes", ctypes.c_uint64),
        ("completed", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("clocks", ctypes.c_uint64),
        ("nanoseconds", ctypes.c_uint64),
    ]


def simulator_library() -> ctypes.CDLL:
    """The functions of `simulator/main.cpp`.

    The program exports them to the libraries it loads, this interpreter included.
    """
    library = ctypes.CDLL(None)
    library.isomac_compiler.restype = ctypes.c_char_p
    assert library.isomac_burst_bytes() == ctypes.sizeof(Burst)
    return library


class Simulator:
    """Runs bursts in the simulation loop of this process.

    Attributes
    ----------
    clocks: cycles simulated so far.
    nanoseconds: wall time spent in bursts so far.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._library = simulator_library()
        self.clocks = 0
        self.nanoseconds = 0

    async def _run(self, burst: Burst) -> Status:
        self._library.isomac_post_burst(ctypes.byref(burst))
        # The loop executes the burst before the next time step, and therefore before the timer.
        await Timer(1, "step")
        self.clocks += burst.clocks
        self.nanoseconds += burst.nanoseconds
        return Status(burst.status)

    async def reset(self) -> None:
        """Hold `rst` for four cycles."""
        await self._run(Burst(action=Action.RESET))

    async def load(self, words: NDArray[np.uint32]) -> Status:
        """Send words, uint32 (n,), to the load port, one in every cycle in which it is ready."""
        limit = 16 * len(words) + 1000
        load = Burst(action=Action.LOAD, load_words=len(words), cycle_limit=limit)
        load.load = words.ctypes.data
        return await self._run(load)

    async def infer(
        self, inputs: NDArray[np.int8], cycle_limit: int, write_capacity: int
    ) -> Capture:
        """Run N inferences, one after the other, without a stall.

        Parameters
        ----------
        inputs: int8 (N, words, M), contiguous.
        cycle_limit: cycles after which an inference counts as hung.
        write_capacity: memory writes after which an inference counts as run wild.
        """
        count, input_words, width = inputs.shape
        layers, output_words = len(self._manifest.layers), self._manifest.output_words
        output = np.zeros((count, output_words, width), np.int8)
        outcomes = np.zeros(count, OUTCOME)
        layer_cycles = np.zeros((count, layers), np.uint32)
        layer_end = np.zeros((count, layers), np.uint64)
        addresses = np.empty(count * write_capacity, np.uint32)
        data = np.empty((count * write_capacity, width), np.int8)
        burst = Burst(
            action=Action.INFER,
            inferences=count,
            input_words=input_words,
            output_words=output_words,
            layers=layers,
            cycle_limit=cycle_limit,
            write_capacity=len(addresses),
            input=inputs.ctypes.data,
            output=output.ctypes.data,
            outcomes=outcomes.ctypes.data,
            layer_cycles=layer_cycles.ctypes.data,
            layer_end=layer_end.ctypes.data,
            addresses=addresses.ctypes.data,
            data=data.ctypes.data,
        )
        status = await self._run(burst)
        return Capture(
            status=status,
            completed=burst.completed,
            output=output,
            outcomes=outcomes,
            layer_cycles=layer_cycles,
            layer_end=layer_end,
            addresses=addresses[: burst.writes],
            data=data[: burst.writes],
        )

    async def stream(
        self, inputs: NDArray[np.int8], cycle_limit: int
    ) -> tuple[Status, NDArray[np.int8], NDArray[np.uint32]]:
        """Run N inferences back to back, each started and fed as early as can be.

        Parameters
        ----------
        inputs: int8 (N, words, M), contiguous.
        cycle_limit: cycles after which all of them together count as hung.

        Returns
        -------
        status
        output: int8 (N, words, M).
        ends: uint32 (N,), cycles from the first input word of all to the last output word of each.
        """
        count, input_words, width = inputs.shape
        output = np.zeros((count, self._manifest.output_words, width), np.int8)
        outcomes = np.zeros(count, OUTCOME)
        burst = Burst(
            action=Action.STREAM,
            inferences=count,
            input_words=input_words,
            output_words=self._manifest.output_words,
            cycle_limit=cycle_limit,
            input=inputs.ctypes.data,
            output=output.ctypes.data,
            outcomes=outcomes.ctypes.data,
        )
        status = await self._run(burst)
        return status, output, outcomes["cycles"].copy()
