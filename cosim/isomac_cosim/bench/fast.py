"""The fast bench: whole batches of inferences in bursts."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.bench.burst import Simulator
from isomac_cosim.bundle import Bundle
from isomac_cosim.capture import Status
from isomac_cosim.images import load_stream
from isomac_cosim.job import Job
from isomac_cosim.limits import batch_size, cycle_limit, write_capacity
from isomac_cosim.manifest import Manifest
from isomac_cosim.scoreboard import Scoreboard


async def run_fast(
    bundle: Bundle, job: Job, scoreboard: Scoreboard, progress: Callable[[int], None]
) -> None:
    """Reset once, load the memories if asked to, then run the job's inputs one after the other.

    Stops at the first input that does not come to its end.
    """
    manifest = bundle.manifest
    simulator = Simulator(manifest)
    words = load_stream(bundle.folder, manifest) if job.load else None
    inputs = bundle.vector("input", job.start, job.stop)
    await infer_all(simulator, manifest, words, inputs, job.start, scoreboard, progress)


async def infer_all(
    simulator: Simulator,
    manifest: Manifest,
    load_words: NDArray[np.uint32] | None,
    inputs: NDArray[np.int8],
    first_input: int,
    scoreboard: Scoreboard,
    progress: Callable[[int], None],
) -> None:
    """Reset, send `load_words` to the load port, run `inputs`, int8 (N, words, M), and judge all.

    `first_input` is the number of inputs[0] in the scoreboard's expected values.
    """
    tally = scoreboard.tally
    await simulator.reset()
    if load_words is not None and await simulator.load(load_words) is not Status.COMPLETE:
        tally.failures.append("The load port hung: it did not take all words of the images.")
        return
    limit, capacity = cycle_limit(manifest, 0), write_capacity(manifest)
    batch = batch_size(manifest)
    begin = time.perf_counter()
    before = simulator.clocks
    for start in range(0, len(inputs), batch):
        simulated = time.perf_counter()
        capture = await simulator.infer(inputs[start : start + batch], limit, capacity)
        tally.simulation_seconds += time.perf_counter() - simulated
        alive = scoreboard.check(capture, first_input + start)
        progress(tally.inputs)
        if not alive:
            break
    if manifest.overlap_input and tally.inputs == len(inputs) >= 2:
        status, output, ends = await simulator.stream(inputs, limit * len(inputs))
        scoreboard.check_stream(status, output, ends, first_input)
    tally.total_seconds = time.perf_counter() - begin
    tally.clocks = simulator.clocks - before
