"""The per-cycle bench: cocotb drives the clock and both streams, with random stalls.

The same build, the same scoreboard and, without stalls, the same cycle counts as the fast bench.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from numpy.typing import NDArray

from isomac_cosim.bench.streams import (
    LayerMonitor,
    StreamDriver,
    StreamMonitor,
    words_from_bytes,
    words_to_ints,
)
from isomac_cosim.bundle import Bundle
from isomac_cosim.capture import OUTCOME, Capture, Status
from isomac_cosim.images import load_stream
from isomac_cosim.job import Job
from isomac_cosim.limits import cycle_limit
from isomac_cosim.manifest import Manifest
from isomac_cosim.scoreboard import Scoreboard

#: As in simulator/burst.hpp: cycles from the rise of `start` to the first offered word.
INPUT_HOLD = 8


async def run_cycle(
    dut: Any, bundle: Bundle, job: Job, scoreboard: Scoreboard, progress: Callable[[int], None]
) -> None:
    """Reset once, load the memories if asked to, then run the job's inputs one after the other.

    Stops at the first input that does not come to its end.
    """
    bench = CycleBench(dut, bundle.manifest, job)
    await bench.reset()
    if job.load and not await bench.load(load_stream(bundle.folder, bundle.manifest)):
        scoreboard.tally.failures.append(
            "The load port hung: it did not take all words of the images."
        )
        return
    begin = time.perf_counter()
    before = bench.clocks
    for offset, words in enumerate(bundle.vector("input", job.start, job.stop)):
        simulated = time.perf_counter()
        capture = await bench.infer(words)
        scoreboard.tally.simulation_seconds += time.perf_counter() - simulated
        alive = scoreboard.check(capture, job.start + offset)
        progress(scoreboard.tally.inputs)
        if bench.unstable:
            scoreboard.tally.failures.append(
                f"In image {job.start + offset} a word on the output changed before it was taken."
            )
        if not alive or bench.unstable:
            break
    scoreboard.tally.total_seconds = time.perf_counter() - begin
    scoreboard.tally.clocks = bench.clocks - before


class CycleBench:
    """One core with its clock, drivers and monitors.

    Attributes
    ----------
    clocks: cycles simulated so far.
    unstable: the output stream has withdrawn or changed a word that it offered.
    """

    def __init__(self, dut: Any, manifest: Manifest, job: Job) -> None:
        self._dut = dut
        self._manifest = manifest
        self._stall = job.stall
        # One source a stream, so that the stalls of one do not depend on the other.
        self._input_stalls = np.random.default_rng([job.seed, 0])
        self._output_stalls = np.random.default_rng([job.seed, 1])
        self._edge = RisingEdge(dut.clk)
        self.clocks = 0
        self.unstable = False
        for name in ("rst", "start", "input_valid", "output_ready"):
            getattr(dut, name).value = 0
        Clock(dut.clk, 10, "ns").start()

    async def _cycle(self) -> None:
        await self._edge
        self.clocks += 1

    async def reset(self) -> None:
        """Hold `rst` for four cycles."""
        self._dut.rst.value = 1
        for _ in range(4):
            await self._cycle()
        self._dut.rst.value = 0
        await self._cycle()

    async def load(self, words: NDArray[np.uint32]) -> bool:
        """Send words, uint32 (n,), to the load port; False if it hangs."""
        driver = StreamDriver(
            self._dut, "load", [int(word) for word in words], self._stall, self._input_stalls
        )
        limit = int((16 * len(words) + 1000) / (1 - self._stall))
        for cycle in range(limit):
            await self._cycle()
            driver.step(cycle)
            if driver.sent == len(words):
                return True
        return False

    async def infer(self, words: NDArray[np.int8]) -> Capture:
        """Run one inference on input words, int8 (words, M)."""
        dut = self._dut
        driver = StreamDriver(
            dut, "input", words_to_ints(words), self._stall, self._input_stalls, INPUT_HOLD
        )
        monitor = StreamMonitor(dut, "output", self._stall, self._output_stalls)
        layers = LayerMonitor(dut)
        outcome = np.zeros(1, OUTCOME)
        status = Status.CYCLE_LIMIT
        dut.start.value = 1
        for cycle in range(cycle_limit(self._manifest, self._stall)):
            await self._cycle()
            driver.step(cycle)
            monitor.step(cycle)
            layers.step()
            if cycle == 0:
                dut.start.value = 0
            if dut.error.value != 0:
                outcome["error"] = dut.error.value.to_unsigned()
                status = Status.ERROR_CODE
                break
            if dut.done.value == 1:
                outcome["cycles_port"] = dut.cycles.value.to_unsigned()
                status = Status.COMPLETE
                break
        dut.input_valid.value = 0
        dut.output_ready.value = 0
        self.unstable |= monitor.unstable
        if status is Status.COMPLETE:
            outcome["strays"] = await self._rest()
        if monitor.words:
            outcome["cycles"] = monitor.last_cycle - driver.first_cycle + 1
        outcome["inputs"] = driver.sent
        outcome["outputs"] = len(monitor.words)
        outcome["layers"] = len(layers.ends)
        return self._capture(status, outcome, monitor, layers)

    async def _rest(self) -> int:
        """Cycles, of the four after an inference, in which the core is not silent."""
        dut, strays = self._dut, 0
        for _ in range(4):
            await self._cycle()
            ports = (dut.trace_valid, dut.output_valid, dut.layer_done, dut.busy)
            strays += any(port.value == 1 for port in ports)
        return strays

    def _capture(
        self,
        status: Status,
        outcome: NDArray[np.void],
        monitor: StreamMonitor,
        layers: LayerMonitor,
    ) -> Capture:
        manifest = self._manifest
        count, width = len(manifest.layers), manifest.word_bytes
        writes = len(layers.addresses)
        # What was written after the last pulse belongs to the layer that did not end.
        ends = np.full((1, count), writes, np.uint64)
        known = min(len(layers.ends), count - 1)
        ends[0, :known] = layers.ends[:known]
        cycles = np.zeros((1, count), np.uint32)
        known = min(len(layers.cycles), count)
        cycles[0, :known] = layers.cycles[:known]
        return Capture(
            status=status,
            completed=int(status is Status.COMPLETE),
            output=words_from_bytes(monitor.words, manifest.output_words, width)[None],
            outcomes=outcome,
            layer_cycles=cycles,
            layer_end=ends,
            addresses=np.array(layers.addresses, np.uint32),
            data=words_from_bytes(layers.data, writes, width),
        )
