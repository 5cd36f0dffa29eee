"""The legality of array jobs: a case for each rule, and random jobs against rules in Python."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator, SimulatorContext

from isomac_hw.job import Job, Kind
from isomac_hw.legality import job_is_legal
from isomac_hw.parameters import AcceleratorParameters
from tests.hw.bench import JobRow, parameters

ALL = ("dense", "depthwise", "max", "add", "lane_sum")
#: At every limit of the small accelerator that the tests share.
LIMIT = {
    "dense": 1,
    "reduce_max": 1,
    "add": 1,
    "lane_sum": 1,
    "rows_last": 1,
    "columns_last": 2,
    "steps_last": 2,
    "first_byte": 4,
    "last_byte": 4,
    "blocks": 0,
    "chunks": 2,
    "stride": 1,
    "taps": 4,
    "taps_last": 4,
}


def judge(p: AcceleratorParameters, jobs: Sequence[Job]) -> list[bool]:
    """What the gateware says of each job."""
    row = JobRow()
    verdict = job_is_legal(p, row.view)
    found = []

    async def testbench(ctx: SimulatorContext) -> None:
        for job in jobs:
            row.set(ctx, job)
            found.append(bool(ctx.get(verdict)))

    simulator = Simulator(Module())
    simulator.add_testbench(testbench)
    simulator.run()
    assert len(verdict) == 1
    return found


def array(**changes: int) -> Job:
    return Job(kind=Kind.ARRAY, **{**LIMIT, **changes})


@pytest.mark.parametrize(
    ("changes", "legal"),
    [
        ({}, True),
        ({"rows_last": 2}, False),
        ({"columns_last": 3}, False),
        ({"steps_last": 3}, False),
        ({"chunks": 3}, False),
        ({"stride": 2}, False),
        # Stride 2: the window of nine words leaves five kernel columns, stride 1 leaves seven.
        ({"taps": 5}, False),
        ({"taps_last": 5}, False),
        ({"stride": 0, "taps": 6, "taps_last": 6}, True),
        ({"stride": 0, "taps": 7}, False),
        ({"stride": 0, "taps_last": 7}, False),
        # Bytes: those of one block must be in order.
        ({"first_byte": 5}, False),
        ({"last_byte": 5}, False),
        ({"last_byte": 3}, False),
        ({"last_byte": 3, "blocks": 1}, True),
        ({"first_byte": 5, "blocks": 1}, False),
        ({"last_byte": 5, "blocks": 1}, False),
        # The other way round.
        (dict.fromkeys(LIMIT, 0), True),
        # As large as the fields are.
        ({"rows_last": 1023}, False),
        ({"chunks": 1023}, False),
    ],
)
def test_numbers(changes: dict[str, int], legal: bool) -> None:
    assert judge(parameters(features=ALL), [array(**changes)]) == [legal]


@pytest.mark.parametrize(
    ("missing", "changes"),
    [
        ("dense", {"dense": 1}),
        ("depthwise", {"dense": 0}),
        ("max", {"reduce_max": 1}),
        ("add", {"add": 1}),
        ("lane_sum", {"lane_sum": 1}),
    ],
)
def test_features(missing: str, changes: dict[str, int]) -> None:
    """Only hardware that has a feature may run jobs that use it."""
    plain = {"dense": 1, "reduce_max": 0, "add": 0, "lane_sum": 0}
    if missing == "dense":
        plain["dense"] = 0
    without = parameters(features=tuple(feature for feature in ALL if feature != missing))
    uses, does_not = array(**(plain | changes)), array(**plain)
    assert judge(without, [uses, does_not]) == [False, True]
    assert judge(parameters(features=ALL), [uses, does_not]) == [True, True]


@pytest.mark.parametrize("kind", [Kind.INPUT, Kind.SOFTMAX, Kind.OUTPUT])
def test_other_kinds_are_not_judged(kind: Kind) -> None:
    assert judge(parameters(), [Job(kind=kind, rows_last=9, taps=99, stride=7)]) == [True]


def rules(p: AcceleratorParameters, job: Job) -> bool:
    """All lanes, bytes and words that a job names exist."""
    given = {name: job.values()[name] for name in LIMIT}
    if given["stride"] >= len(p.strides):
        return False
    words = p.window_columns - (p.tile_columns - 1) * p.strides[given["stride"]]
    return (
        given["rows_last"] in range(p.tile_rows)
        and given["columns_last"] in range(p.tile_columns)
        and given["steps_last"] * p.requant_lanes < p.channel_lanes
        and given["first_byte"] in range(p.channel_lanes)
        and given["last_byte"] in range(p.channel_lanes)
        and (given["blocks"] > 0 or given["first_byte"] <= given["last_byte"])
        and given["chunks"] * p.banks < p.window_columns
        and given["taps"] in range(words)
        and given["taps_last"] in range(words)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tile_rows": 1, "tile_columns": 1, "channel_lanes": 3, "requant_lanes": 3},
        {"tile_columns": 2, "strides": (1, 2, 3), "window_columns": 5, "banks": 1},
    ],
)
def test_random_jobs(changes: dict[str, Any]) -> None:
    p = parameters(**{"features": ALL, "input_channels": (1,), **changes})
    generator = random.Random(1)
    flags = ("dense", "reduce_max", "add", "lane_sum")
    jobs = []
    for _ in range(300):
        # A legal job, of which one or two fields are changed.
        values = dict.fromkeys(LIMIT, 0)
        for name in generator.sample(sorted(LIMIT), generator.randint(1, 3)):
            values[name] = generator.randrange(2 if name in flags else 10)
        jobs.append(array(**values))
    expected = [rules(p, job) for job in jobs]
    assert {True, False} == set(expected)
    assert judge(p, jobs) == expected
