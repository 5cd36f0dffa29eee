"""The legality of jobs: a case for each rule, and random jobs against rules in Python."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator, SimulatorContext

from isomac_hw.input_store import Packing
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
def test_lanes_are_those_of_array_jobs(kind: Kind) -> None:
    assert judge(parameters(), [Job(kind=kind, rows_last=9, taps=99, stride=7)]) == [True]


@pytest.mark.parametrize(
    ("delay", "ends_program", "legal"), [(0, 1, True), (3, 0, True), (3, 1, False)]
)
def test_the_last_job_waits_for_its_end(delay: int, ends_program: int, legal: bool) -> None:
    job = array(launch_delay=delay, ends_program=ends_program)
    assert judge(parameters(features=ALL), [job]) == [legal]
    # The other kinds always do.
    assert judge(parameters(), [replace(job, kind=Kind.OUTPUT)]) == [True]


@pytest.mark.parametrize(
    ("changes", "legal"),
    [
        ({}, True),
        ({"output_base": 8}, True),
        ({"output_base": 9}, False),
        ({"output_base": 10}, False),
        ({"output_base": 12}, True),
        ({"packing": 2}, False),
        ({"packing": 3}, False),
        # 21 bytes of a channel in words of five, where three channels need 63.
        ({"stream_words": 3}, False),
        ({"stream_words": 5}, False),
        ({"packing": 1}, False),
        ({"packing": 1, "stream_words": 12}, True),
        ({"packing": 1, "stream_words": 11}, False),
        ({"packing": 1, "stream_words": 13}, False),
        ({"words": 24}, True),
        ({"words": 25}, False),
        ({"words": 19}, False),
        # As large as the fields are.
        ({"words": 1023, "stream_words": 204}, True),
        ({"words": 1023, "stream_words": 1023}, False),
        ({"words": 0, "stream_words": 1023}, False),
    ],
)
def test_input(changes: dict[str, int], legal: bool) -> None:
    p = parameters(input_channels=(1, 3), channel_lanes=5, banks=4, activation_depth=100)
    fields = {"output_base": 0, "packing": 0, "words": 20, "stream_words": 4}
    job = Job(kind=Kind.INPUT, **{**fields, **changes})
    assert judge(p, [job, replace(job, kind=Kind.OUTPUT)]) == [legal, True]


@pytest.mark.parametrize("banks", [1, 2, 8])
def test_every_number_of_stream_words(banks: int) -> None:
    """Legal is just the number of words that the packing has."""
    p = parameters(input_channels=(2, 5), channel_lanes=5, banks=banks, activation_depth=96)
    jobs, expected = [], []
    for index, channels in enumerate(p.input_channels):
        packing = Packing(p.channel_lanes, banks, channels)
        for words in range(1, 13):
            for stream_words in range(1, 16):
                fields = {"words": words - 1, "stream_words": stream_words - 1, "packing": index}
                jobs.append(Job(kind=Kind.INPUT, output_base=0, **fields))
                expected.append(packing.stream_words(words) == stream_words)
    assert judge(p, jobs) == expected


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
