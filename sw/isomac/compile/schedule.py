"""The schedule: cycles of every job of a network, with each launch as early as it may be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from isomac.compile.cycle_model import LAUNCH, array_timing, softmax_cycles
from isomac.compile.geometry import Geometry
from isomac.compile.overlap import launch_delay
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, SoftmaxWork, Work, features_of
from isomac_hw.output_stage import output_latency
from isomac_hw.softmax_parameters import SoftmaxParameters


@dataclass(frozen=True)
class ScheduledJob:
    """One job in its place.

    Members
    -------
    cycles
        From the end of the job before to its own.
    launch_delay
        From its last step to the launch of the next job; 0 if that waits for the end.
    """

    cycles: int
    launch_delay: int


def schedule(
    work: Sequence[Work],
    shape: ArrayShape,
    window: int,
    softmax: SoftmaxParameters | None,
    *,
    lane_sum: bool = True,
    features: Collection[str] | None = None,
    earliest: bool = False,
    geometry: Mapping[int, Geometry] | None = None,
) -> list[ScheduledJob]:
    """Schedule all work between the arrival of the input and the departure of the output.

    Parameters
    ----------
    work
        In order.
    shape, window
        Of the array, and the words of a window row.
    softmax
        Of the softmax unit; None leaves the cycles of softmax work out.
    lane_sum
        Whether pixel lanes can share a sum.
    features
        Of the hardware, on which the latency of the output stage depends; those that the work needs
        by default.
    earliest
        Launch every array job right behind the front of the one before, whether or not what it
        reads is written: a lower bound of the cycles.
    geometry
        Loops of the array work by its `id`, where they are known.
    """
    if geometry is None:
        geometry = {
            id(item): Geometry.of(item, shape, window, lane_sum=lane_sum)
            for item in work
            if isinstance(item, ArrayWork)
        }
    latency = output_latency(features_of(work) if features is None else features)
    jobs = []
    # In cycles from the end of the job before, right after which the launch comes, or earlier.
    launch = LAUNCH
    for index, item in enumerate(work):
        if isinstance(item, SoftmaxWork):
            layout = item.source.layout
            pixels = layout.plane_words
            cycles = softmax_cycles(softmax, layout.channels, pixels) if softmax else 0
            jobs.append(ScheduledJob(cycles, 0))
            launch = LAUNCH
            continue
        here = geometry[id(item)]
        # Until the job before has ended, at 0, no tile may finish.
        timing = array_timing(item, here, shape, latency, first_finish=1 - launch)
        end = launch + timing.end
        delay = 0
        if index + 1 < len(work):
            following = work[index + 1]
            if isinstance(following, ArrayWork):
                there = geometry[id(following)]
                delay = (
                    1 if earliest else launch_delay(item, here, following, there, shape, latency)
                )
        jobs.append(ScheduledJob(end, delay))
        launch = launch + timing.last_step + delay - end if delay else LAUNCH
    return jobs
