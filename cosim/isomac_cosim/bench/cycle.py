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

from isomac_cosim.bench.links.axi import AxiLink
from isomac_cosim.bench.links.link import BusLink, Link
from isomac_cosim.bench.links.stream import StreamLink
from isomac_cosim.bench.links.wishbone import WishboneLink
from isomac_cosim.bench.streams import LayerMonitor, words_from_bytes, words_to_ints
from isomac_cosim.bundle import Bundle
from isomac_cosim.capture import OUTCOME, Capture, Status
from isomac_cosim.images import load_stream
from isomac_cosim.job import Job
from isomac_cosim.limits import cycle_limit
from isomac_cosim.manifest import Manifest
from isomac_cosim.scoreboard import Scoreboard


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
        if bench.link.unstable:
            scoreboard.tally.failures.append(
                f"In image {job.start + offset} a word on the output changed before it was taken."
            )
        if not alive or bench.link.unstable:
            break
    scoreboard.tally.total_seconds = time.perf_counter() - begin
    scoreboard.tally.clocks = bench.clocks - before


def link_of(dut: Any, manifest: Manifest, stall: float, seed: int) -> Link:
    """The link for the accelerator's interface."""
    links: dict[str, Callable[[Any, Manifest, float, int], Link]] = {
        "stream": StreamLink,
        "axi": AxiLink,
        "wishbone": WishboneLink,
    }
    return links[manifest.interface](dut, manifest, stall, seed)


class CycleBench:
    """One core with its clock, its link and monitors.

    Attributes
    ----------
    clocks: cycles simulated so far.
    link: how the core is reached.
    """

    def __init__(self, dut: Any, manifest: Manifest, job: Job) -> None:
        self._manifest = manifest
        self._stall = job.stall
        self.link = link_of(dut, manifest, job.stall, job.seed)
        self._edge = RisingEdge(self.link.clock)
        self.clocks = 0
        self._configured = False
        self.link.reset(False)
        Clock(self.link.clock, 10, "ns").start()

    async def _cycle(self) -> None:
        await self._edge
        self.clocks += 1

    async def reset(self) -> None:
        """Hold the reset for four cycles."""
        self.link.reset(True)
        for _ in range(4):
            await self._cycle()
        self.link.reset(False)
        await self._cycle()

    async def load(self, words: NDArray[np.uint32]) -> bool:
        """Send words, uint32 (n,), to the load port; False if it hangs."""
        limit = int((16 * len(words) + 1000) / (1 - self._stall))
        return await self.link.load(words, self._cycle, limit)

    async def infer(self, words: NDArray[np.int8]) -> Capture:
        """Run one inference on input words, int8 (words, M)."""
        link = self.link
        if isinstance(link, BusLink) and not self._configured:
            await link.configure(self._cycle)
            self._configured = True
        layers = LayerMonitor(link.observed)
        done_port, error_port = link.observed("done"), link.observed("error")
        outcome = np.zeros(1, OUTCOME)
        status = Status.CYCLE_LIMIT
        done = False
        link.begin(words_to_ints(words))
        for cycle in range(cycle_limit(self._manifest, self._stall)):
            await self._cycle()
            link.step(cycle)
            layers.step()
            if error_port.value != 0:
                outcome["error"] = error_port.value.to_unsigned()
                status = Status.ERROR_CODE
                break
            done |= done_port.value == 1
            if done and link.drained:
                status = Status.COMPLETE
                break
        link.quiet()
        if status is Status.COMPLETE:
            outcome["strays"] = await self._rest()
            outcome["cycles_port"] = await link.finish(self._cycle)
        if link.words:
            outcome["cycles"] = link.last_cycle - link.first_cycle + 1
        outcome["inputs"] = link.sent
        outcome["outputs"] = len(link.words)
        outcome["layers"] = len(layers.ends)
        outcome["violations"] = link.violations
        return self._capture(status, outcome, link.words, layers)

    async def _rest(self) -> int:
        """Cycles, of the four after an inference, in which the core is not silent."""
        names = ("trace_valid", "layer_done", "busy")
        ports, strays = [self.link.observed(name) for name in names], 0
        for _ in range(4):
            await self._cycle()
            strays += self.link.offers or any(port.value == 1 for port in ports)
        return strays

    def _capture(
        self,
        status: Status,
        outcome: NDArray[np.void],
        words: list[bytes],
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
            output=words_from_bytes(words, manifest.output_words, width)[None],
            outcomes=outcome,
            layer_cycles=cycles,
            layer_end=ends,
            addresses=np.array(layers.addresses, np.uint32),
            data=words_from_bytes(layers.data, writes, width),
        )
