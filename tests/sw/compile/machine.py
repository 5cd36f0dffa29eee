"""An array in plain Python, cycle by cycle: loader, window, stepper and drain of `isomac_hw`.

It is written from the rules in their docstrings and knows no closed form. Cycle 0 of a job is that
of its launch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from isomac_hw.output_stage import output_latency
from tests.sw.compile.nest import Chunk, Segment, Tile

#: Of an output stage without features that take longer.
LATENCY = output_latency(())


@dataclass
class Trace:
    """What happened in one job, in cycles of the whole run.

    Members
    -------
    launch, last_step, end
        The job was launched, its last step was issued, its last word was written.
    reads
        Each chunk with the cycle in which it was addressed.
    writes
        Cycle of the write of each word of the destination's buffer.
    """

    launch: int
    last_step: int = 0
    end: int = 0
    reads: list[tuple[int, Chunk]] = field(default_factory=list)
    writes: dict[int, int] = field(default_factory=dict)


@dataclass
class _Part:
    """A segment on its way, and the tile that it completes."""

    segment: Segment
    completes: Tile | None


def run_job(job: Sequence[Tile], launch: int, back_free: int, latency: int = LATENCY) -> Trace:
    """Run a job that is launched in one cycle while no tile may finish before another one.

    `latency` is that of the output stage.
    """
    trace = Trace(launch)
    walker: list[tuple[Chunk, _Part | None]] = []
    for tile in job:
        for segment in tile.segments:
            part = _Part(segment, tile if segment is tile.segments[-1] else None)
            walker += [(chunk, None) for chunk in segment.chunks[:-1]]
            walker.append((segment.chunks[-1], part))
    parts = sum(len(tile.segments) for tile in job)
    banks_stage: tuple[Chunk, _Part | None] | None = None
    words_stage: tuple[Chunk, _Part | None] | None = None
    full: _Part | None = None
    active: _Part | None = None
    steps_left = drain_left = 0
    cycle = launch
    while parts:
        cycle += 1
        # The drain may take a tile over in the cycle of its last step for the one before.
        can_finish = drain_left <= 1 and cycle >= back_free
        waits = steps_left == 1 and active is not None and active.completes and not can_finish
        issue = active is not None and not waits
        used_up = issue and steps_left == 1
        swap = full is not None and (active is None or used_up)
        advance = words_stage is None or full is None or swap

        drain_left = max(0, drain_left - 1)
        if issue:
            steps_left -= 1
        if used_up:
            assert active is not None
            parts -= 1
            if active.completes:
                trace.last_step = cycle
                drain_left = _drain(active.completes, cycle + latency, trace)
            active = None
        if swap:
            assert full is not None
            active, full = full, None
            steps_left = active.segment.steps
        if advance:
            if words_stage is not None and words_stage[1] is not None:
                full = words_stage[1]
            words_stage, banks_stage = banks_stage, walker.pop(0) if walker else None
            if banks_stage is not None:
                trace.reads.append((cycle, banks_stage[0]))
    return trace


def _drain(tile: Tile, begin: int, trace: Trace) -> int:
    """Note when the words of a tile are written; returns its drain steps."""
    steps = 0
    for word in tile.words:
        steps += word.steps
        assert word.word not in trace.writes
        trace.writes[word.word] = trace.end = begin + steps
    return steps


def run_jobs(
    jobs: Sequence[Sequence[Tile]], launch_delays: Sequence[int], latency: int = LATENCY
) -> list[Trace]:
    """Run array jobs one behind the other, as the sequencer does; cycle 0 is before the first."""
    traces: list[Trace] = []
    launch, back_free = 1, 0
    for job, delay in zip(jobs, launch_delays, strict=True):
        trace = run_job(job, launch, back_free, latency)
        traces.append(trace)
        launch = trace.last_step + delay if delay else trace.end + 1
        # The back takes the next job over in the cycle of the last write.
        back_free = trace.end + 1
    return traces
