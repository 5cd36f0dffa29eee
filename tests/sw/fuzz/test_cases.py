"""Random graphs on all shapes: every byte and every cycle count; and what the shapes are."""

from collections import Counter

import pytest

from isomac.fuzz.campaign import first_numbers, shape_of
from isomac.fuzz.generator.graphs import STEPS
from isomac.fuzz.shapes import SHAPES, FuzzShape, find_shape
from isomac.fuzz.shrink import Property, case_bytes
from isomac.fuzz.worker import run_numbers
from isomac_hw.parameters import FEATURES
from tests.sw.fuzz.conftest import Hardware

SEED = 20
CASES_PER_SHAPE = 18


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_random_cases_are_exact(shape: FuzzShape, hardware: Hardware) -> None:
    numbers = first_numbers(CASES_PER_SHAPE, [shape])
    totals = run_numbers(shape, hardware(shape), SEED, numbers)
    assert not totals.failures, totals.failures[0].faults + "\n" + totals.failures[0].source
    assert totals.cases == CASES_PER_SHAPE
    assert totals.bytes > 0
    assert totals.layers > 0
    assert totals.cycles > 0


def test_there_are_at_least_200_cases_on_12_shapes() -> None:
    assert len(SHAPES) >= 12
    assert len(SHAPES) * CASES_PER_SHAPE >= 200


def test_the_shapes_have_the_corners() -> None:
    arrays = [shape.array for shape in SHAPES]
    assert len(set(arrays)) == len(SHAPES)
    assert any(a.pixel_lanes == 1 for a in arrays)
    assert any(a.channel_lanes == 1 for a in arrays)
    assert any(a.requant_lanes == 1 < a.channel_lanes for a in arrays)
    assert any(a.pixel_lanes % 2 and a.pixel_lanes > 1 for a in arrays)
    assert any(a.channel_lanes % 2 and a.channel_lanes > 1 for a in arrays)
    assert any(a.tile_rows > 1 == a.tile_columns for a in arrays)
    assert any(a.tile_columns > 1 == a.tile_rows for a in arrays)
    assert {a.banks for a in arrays} == {1, 2, 4, 8, 16}
    assert all(shape.parameters.features == FEATURES for shape in SHAPES)
    newton = [s.array.channel_lanes for s in SHAPES if s.softmax_method == "newton"]
    assert {lanes % 2 for lanes in newton} == {0, 1}


def test_a_shape_is_found_by_its_name() -> None:
    assert all(find_shape(shape.name) is shape for shape in SHAPES)


def test_cases_of_a_seed_are_always_the_same_and_cover_all_operators() -> None:
    hashes: list[list[str]] = []
    for _ in range(2):
        seen: list[str] = []
        operators: Counter[str] = Counter()
        for number in range(60):

            def note(case: object, seen: list[str] = seen, found: Counter = operators) -> None:
                seen.append(case.graph.sha256)
                found.update(type(operation).__name__ for operation in case.graph.operations)

            Property(shape_of(number), note).check(case_bytes(SEED, number, 0))
        hashes.append(seen)
        assert set(operators) == set(STEPS)
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 60


def test_numbers_belong_to_shapes() -> None:
    assert first_numbers(3, SHAPES) == [0, 1, 2]
    some = [SHAPES[1], SHAPES[4]]
    count = len(SHAPES)
    assert first_numbers(4, some) == [1, 4, count + 1, count + 4]
