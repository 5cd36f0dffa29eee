"""The fast bench: whole batches of inferences in bursts."""

import time
from collections.abc import Callable

from isomac_cosim.bench.burst import Simulator
from isomac_cosim.bundle import Bundle
from isomac_cosim.capture import Status
from isomac_cosim.images import load_stream
from isomac_cosim.job import Job
from isomac_cosim.limits import batch_size, cycle_limit, write_capacity
from isomac_cosim.scoreboard import Scoreboard


async def run_fast(
    bundle: Bundle, job: Job, scoreboard: Scoreboard, progress: Callable[[int], None]
) -> None:
    """Reset once, load the memories if asked to, then run the job's inputs one after the other.

    Stops at the first input that does not come to its end.
    """
    manifest = bundle.manifest
    tally = scoreboard.tally
    simulator = Simulator(manifest)
    await simulator.reset()
    if job.load and await simulator.load(load_stream(bundle.folder, manifest)) is not (
        Status.COMPLETE
    ):
        tally.failures.append("The load port hung: it did not take all words of the images.")
        return
    inputs = bundle.vector("input", job.start, job.stop)
    limit, capacity = cycle_limit(manifest, 0), write_capacity(manifest)
    batch = batch_size(manifest)
    begin = time.perf_counter()
    before = simulator.clocks
    for start in range(0, len(inputs), batch):
        simulated = time.perf_counter()
        capture = await simulator.infer(inputs[start : start + batch], limit, capacity)
        tally.simulation_seconds += time.perf_counter() - simulated
        alive = scoreboard.check(capture, job.start + start)
        progress(tally.inputs)
        if not alive:
            break
    tally.total_seconds = time.perf_counter() - begin
    tally.clocks = simulator.clocks - before
