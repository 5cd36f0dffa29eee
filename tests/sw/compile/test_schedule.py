"""The schedule of a network, against arrays that run one job behind the other."""

from collections import defaultdict

import pytest

from isomac.compile.cycle_model import LAUNCH, softmax_cycles
from isomac.compile.geometry import Geometry, window_columns
from isomac.compile.lowering import Lowered
from isomac.compile.memory_plan import plan_memory
from isomac.compile.schedule import ScheduledJob, schedule
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, SoftmaxWork, features_of
from isomac_hw.output_stage import output_latency
from isomac_hw.softmax_parameters import SoftmaxParameters
from tests.sw.compile.machine import Trace, run_jobs
from tests.sw.compile.nest import tiles
from tests.sw.compile.networks import WITH_SOFTMAX, random_lowered

SEEDS = range(100)


def run(
    lowered: Lowered, shape: ArrayShape, *, lane_sum: bool = True
) -> tuple[list[ScheduledJob], list[Trace]]:
    """Schedule a graph without softmax, and run its jobs with the delays of the schedule."""
    work = [item for item in lowered.work if isinstance(item, ArrayWork)]
    assert len(work) == len(lowered.work)
    window = window_columns(work, shape)
    jobs = schedule(work, shape, window, None, lane_sum=lane_sum)
    traces = run_jobs(
        [tiles(item, Geometry.of(item, shape, window, lane_sum=lane_sum), shape) for item in work],
        [job.launch_delay for job in jobs],
        output_latency(features_of(work)),
    )
    return jobs, traces


@pytest.mark.parametrize("lane_sum", [True, False])
def test_cycles_equal_those_of_the_array(lane_sum: bool) -> None:
    for seed in SEEDS:
        jobs, traces = run(*random_lowered(seed), lane_sum=lane_sum)
        end = 0
        for job, trace in zip(jobs, traces, strict=True):
            assert job.cycles == trace.end - end
            end = trace.end


def test_some_jobs_start_before_the_end_of_the_one_before() -> None:
    delays = [job.launch_delay for seed in SEEDS for job in run(*random_lowered(seed))[0]]
    assert sum(delay > 1 for delay in delays) > 20
    assert sum(delay == 1 for delay in delays) > 20


def test_every_word_that_is_read_is_the_one_that_was_meant() -> None:
    """In addresses of the memory plan: written by then, and not yet by somebody else again."""
    for seed in SEEDS:
        lowered, shape = random_lowered(seed)
        plan = plan_memory(lowered, shape.banks)
        _, traces = run(lowered, shape)
        written: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
        for view in lowered.inputs:
            for word in range(view.layout.words):
                written[plan.base[view.buffer] + word].append((0, view.buffer, word))
        for item, trace in zip(lowered.work, traces, strict=True):
            buffer = item.destination.buffer
            for word, cycle in trace.writes.items():
                written[plan.base[buffer] + word].append((cycle, buffer, word))
        for trace in traces:
            for cycle, chunk in trace.reads:
                for i, inside in enumerate(chunk.inside):
                    if inside:
                        address = plan.base[chunk.buffer] + chunk.word + i
                        before = [event for event in written[address] if event[0] < cycle]
                        assert max(before)[1:] == (chunk.buffer, chunk.word + i)


def test_earliest_is_a_lower_bound() -> None:
    less = 0
    for seed in SEEDS:
        lowered, shape = random_lowered(seed)
        window = window_columns([w for w in lowered.work if isinstance(w, ArrayWork)], shape)
        exact = schedule(lowered.work, shape, window, None)
        bound = schedule(lowered.work, shape, window, None, earliest=True)
        assert all(job.launch_delay == 1 for job in bound[:-1])
        total, least = (sum(job.cycles for job in jobs) for jobs in (exact, bound))
        assert least <= total
        less += least < total
    assert less > 20


def test_softmax_and_its_neighbours_wait_for_the_end() -> None:
    unit = SoftmaxParameters(
        channel_lanes=1, address_bits=1, channels_bits=9, pixels_bits=9, sum_bits=30
    )
    found = 0
    for seed in SEEDS:
        lowered, shape = random_lowered(seed, WITH_SOFTMAX)
        work = lowered.work
        if not any(isinstance(item, SoftmaxWork) for item in work):
            continue
        window = window_columns([w for w in work if isinstance(w, ArrayWork)], shape)
        jobs = schedule(work, shape, window, unit)
        without = schedule(work, shape, window, None)
        for index, (item, job) in enumerate(zip(work, jobs, strict=True)):
            if isinstance(item, SoftmaxWork):
                found += 1
                layout = item.source.layout
                cycles = softmax_cycles(unit, layout.channels, layout.plane_words)
                assert job == ScheduledJob(cycles, 0)
                assert without[index] == ScheduledJob(0, 0)
                if index:
                    assert jobs[index - 1].launch_delay == 0
            else:
                assert job == without[index]
    assert found > 10


def test_the_last_job_lets_nobody_start() -> None:
    for seed in SEEDS:
        jobs, _ = run(*random_lowered(seed))
        assert jobs[-1].launch_delay == 0


def test_a_job_alone_begins_with_its_launch() -> None:
    lowered, shape = next(
        case for seed in SEEDS if len((case := random_lowered(seed))[0].work) == 1
    )
    (job,), (trace,) = run(lowered, shape)
    assert trace.launch == LAUNCH
    assert job.cycles == trace.end
