"""The cocotb test that the simulator process runs: it does its job and leaves a tally."""

from pathlib import Path
from typing import Any

import cocotb
import numpy as np

from isomac_cosim.bench.burst import simulator_library
from isomac_cosim.bench.cycle import run_cycle
from isomac_cosim.bench.fast import run_fast
from isomac_cosim.bundle import open_bundle
from isomac_cosim.expected import Expected
from isomac_cosim.job import outputs_path, progress_path, read_job, tally_path
from isomac_cosim.scoreboard import Scoreboard


@cocotb.test()
async def prove(dut: Any) -> None:
    """Run all inputs of the job; differences go into the tally, they do not fail the test."""
    job, run = read_job()
    # The parent has compared the hashes already.
    bundle = open_bundle(Path(job.bundle), verify_files=False)
    scoreboard = Scoreboard(
        bundle,
        Expected.load(bundle, job.start, job.stop),
        stalled=bundle.manifest.stalls(job.stall),
    )

    def progress(inputs: int) -> None:
        progress_path(run).write_text(str(inputs), encoding="ascii")

    if job.mode == "fast":
        await run_fast(bundle, job, scoreboard, progress)
    else:
        await run_cycle(dut, bundle, job, scoreboard, progress)
    scoreboard.tally.compiler = simulator_library().isomac_compiler().decode()
    if scoreboard.outputs:
        np.save(outputs_path(run), np.concatenate(scoreboard.outputs))
    scoreboard.tally.save(tally_path(run))
