"""Running the suite: quantize, choose a shape, build, co-simulate, one row after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch

from isomac.bench.limits import limit
from isomac.bench.registry import network
from isomac.bench.row import Row
from isomac.bundle.build import build
from isomac.compile.losses import losses
from isomac.compile.program import Program
from isomac.compile.search import Constraints, choose_shape
from isomac.errors import IsomacError
from isomac.frontend import quantize
from isomac.graph.graph import Graph
from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.errors import CosimError
from isomac_cosim.report import Report

#: A network by its key, and a budget.
Task = tuple[str, int]


@cache
def quantized(key: str) -> Graph:
    """Return the integer graph of a network of the suite."""
    entry = network(key)
    return quantize(entry.build(), entry.calibration(), name=key)


@dataclass(frozen=True)
class Unmade:
    """A row that could not be made, and why."""

    network: str
    budget: int
    reason: str

    @property
    def failure(self) -> str:
        """What is wrong, as a sentence."""
        return f"{self.network} with {self.budget} multipliers could not be made: {self.reason}"


def attempt(key: str, budget: int, inputs: int, folder: Path) -> Row | Unmade:
    """A row, or why there is none; see `run_row`."""
    try:
        return run_row(key, budget, inputs, folder)
    except (IsomacError, CosimError) as error:
        return Unmade(key, budget, str(error))


def run_row(key: str, budget: int, inputs: int, folder: Path) -> Row:
    """Make and prove one accelerator.

    Parameters
    ----------
    key, budget
        The network, and how many multipliers its array may have.
    inputs
        Number of test inputs.
    folder
        The bundle becomes a folder of its own in there.

    Raises
    ------
    IsomacError, CosimError
        If the accelerator cannot be made, or the simulator itself fails.
    """
    graph, constraints = quantized(key), Constraints(multipliers=budget)
    begin = time.perf_counter()
    choose_shape(graph, constraints)
    search_seconds = time.perf_counter() - begin
    samples = network(key).test_inputs(inputs).numpy()
    bundle = build(graph, folder / f"{key}_{budget}", samples, constraints, overlap_input=True)
    report = cosimulate(bundle.path, progress=False)
    return make_row(key, budget, bundle.program, report, search_seconds)


def make_row(key: str, budget: int, program: Program, report: Report, search_seconds: float) -> Row:
    """Put together what is known of one accelerator."""
    p = program.parameters
    went = losses(program)
    cycles = max(report.cycles, default=0)
    again = report.back_to_back_cycles
    return Row(
        network=key,
        budget=budget,
        pixels=f"{p.tile_rows}x{p.tile_columns}",
        pixel_lanes=p.pixel_lanes,
        channels=p.channel_lanes,
        requant_lanes=p.requant_lanes,
        banks=p.banks,
        multipliers=p.multipliers,
        # A lane that adds two operands has a multiplier for each of them.
        requant_multipliers=p.requant_lanes * (2 if p.has("add") else 1),
        macs=report.macs,
        cycles=cycles,
        predicted_cycles=program.predicted_cycles,
        utilization=report.macs / (cycles * p.multipliers) if cycles else 0.0,
        back_to_back_cycles=again,
        throughput_utilization=report.macs / (again * p.multipliers) if again else None,
        bit_exact=report.bit_exact,
        cycles_exact=report.cycles_exact,
        mismatches=report.mismatches,
        inputs=report.inputs,
        bytes_compared=report.bytes_compared,
        bound=int(went.bound),
        limit=limit(key, budget),
        lost={name: round(float(share), 6) for name, share in went.lost.items()},
        search_seconds=round(search_seconds, 3),
        simulated_cycles_per_second=round(report.simulated_cycles_per_second),
        problems=(*report.failures, *report.cycle_differences),
    )


def run_suite(
    tasks: Sequence[Task],
    inputs: int,
    folder: Path,
    *,
    jobs: int = 1,
    started: Callable[[Task], None] = lambda task: None,
) -> Iterator[Row | Unmade]:
    """Yield a row for each task as soon as it is there, in any order, or why it cannot be made.

    Parameters
    ----------
    tasks
        What to run; tasks of the same network share its quantization if they are neighbours.
    inputs, folder
        See `run_row`.
    jobs
        Rows that are made at the same time, each in a process of its own; 1 makes them here.
    started
        Called with each task that begins.
    """
    if jobs == 1:
        for task in tasks:
            started(task)
            yield attempt(*task, inputs, folder)
        return
    # PyTorch's threads do not survive a fork.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _one_thread) as pool:
        waiting = list(tasks)
        running: set[Future[Row | Unmade]] = set()
        while waiting or running:
            # No more than can run are handed over, so that `started` tells the truth.
            while waiting and len(running) < jobs:
                task = waiting.pop(0)
                started(task)
                running.add(pool.submit(attempt, *task, inputs, folder))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()


def _one_thread() -> None:
    """Keep PyTorch from using the processors of the other jobs."""
    torch.set_num_threads(1)
