"""The fronts are those of brute force, and no bound is above what it bounds."""

import numpy as np
import pytest

from isomac.compile.compiler import compile_graph
from isomac.compile.search import Constraints, arrays, variants
from isomac.sizing.facts import Facts
from isomac.sizing.fronts import PRICES, Fronts, front_of, fronts
from isomac.sizing.point import Point
from isomac.sizing.sizer import Sizer
from isomac.sizing.space import Bounds, bounds
from isomac.targets import target
from tests.sw.compile.networks import WITH_NEWTON, WITH_SOFTMAX, random_network
from tests.sw.sizing.networks import residual

BUDGET = Constraints(multipliers=5)


def everything(sizer: Sizer, constraints: Constraints) -> list[Point]:
    """Predict each shape, whatever its bounds."""
    return [
        sizer.point(shape)
        for rows, columns, lanes in arrays(sizer.facts.lowered(1), constraints)
        for shape in variants(rows, columns, lanes, constraints)
    ]


def in_space(space: Bounds) -> list[str]:
    return sorted(str(space.shape(index)) for index in range(len(space)))


@pytest.mark.parametrize(
    ("name", "fitting"), [("ecp5-85f", False), ("ice40-hx8k", True), ("xc7a35t", False)]
)
def test_brute_force(name: str, fitting: bool) -> None:
    facts = Facts(residual())
    searched, brute = (Sizer(facts, target(name)) for _ in range(2))
    found = fronts(searched, bounds(searched, BUDGET), fitting=fitting)
    points = [point for point in everything(brute, BUDGET) if point.fits or not fitting]
    assert found.fronts == {price: front_of(points, price) for price in PRICES}
    assert found.predicted < found.shapes


def test_brute_force_where_little_fits() -> None:
    facts = Facts(residual(channels=12, size=12))
    searched, brute = (Sizer(facts, target("ice40-up5k")) for _ in range(2))
    found = fronts(searched, bounds(searched, BUDGET), fitting=True)
    points = [point for point in everything(brute, BUDGET) if point.fits]
    assert 0 < len(points) < found.shapes
    assert found.fronts == {price: front_of(points, price) for price in PRICES}


def test_the_space_is_that_of_the_search() -> None:
    sizer = Sizer(Facts(residual()), target("ecp5-25f"))
    space = bounds(sizer, BUDGET)
    assert in_space(space) == sorted(str(point.shape) for point in everything(sizer, BUDGET))
    ranks = sorted(range(len(space)), key=lambda index: sizer.point(space.shape(index)).rank)
    assert [int(space.rank[index]) for index in ranks] == list(range(len(space)))


def test_what_is_fixed_of_a_shape_stays() -> None:
    sizer = Sizer(Facts(residual()), target("ecp5-25f"))
    constraints = Constraints(multipliers=12, tile=(1, 2), requant_lanes=2, banks=4)
    found = fronts(sizer, bounds(sizer, constraints), fitting=False)
    assert found.points
    for point in found.points:
        s = point.shape
        assert (s.tile_rows, s.tile_columns, s.requant_lanes, s.banks) == (1, 2, 2, 4)


@pytest.mark.parametrize("name", ["ecp5-85f", "ice40-up5k", "gw2ar-18", "xc7a100t"])
@pytest.mark.parametrize("seed", range(3))
def test_bounds(name: str, seed: int) -> None:
    """Of a network of whatever operations, on arrays large and small."""
    graph = residual(channels=9 + 7 * seed, size=5 + 2 * seed)
    sizer = Sizer(Facts(graph), target(name))
    space = bounds(sizer, Constraints(multipliers=48))
    draw = np.random.default_rng(seed)
    for index in draw.integers(len(space), size=12).tolist():
        point = sizer.point(space.shape(index))
        assert space.cycles[index] <= point.cycles
        assert space.speed[index] <= point.speed
        assert space.multipliers[index] == point.multipliers
        assert space.lut[index] <= point.estimate.lut
        assert space.dsp[index] <= point.estimate.dsp
        assert space.bram[index] <= point.estimate.bram
        assert space.memory_bits[index] <= point.memory_bits


@pytest.mark.parametrize("seed", range(24))
def test_facts_are_those_of_the_compiler(seed: int) -> None:
    """Parameters and cycles of random networks, with every operation."""
    graph, shape, _ = random_network(seed, WITH_NEWTON if seed % 2 else WITH_SOFTMAX)
    facts = Facts(graph)
    builder = facts.builder(shape)
    program = compile_graph(graph, shape)
    assert facts.parameters(builder) == program.parameters
    point = Sizer(facts, target("ecp5-85f")).point(shape)
    assert point.cycles == program.predicted_cycles


def test_more_room_is_never_slower() -> None:
    sizer = Sizer(Facts(residual()), target("ecp5-85f"))
    ends = []
    for budget in (1, 2, 4, 8, 12):
        found = fronts(sizer, bounds(sizer, Constraints(multipliers=budget)), fitting=False)
        _falls(found)
        ends.append(found.fronts["multipliers"][-1].speed)
    assert ends == sorted(ends, reverse=True)


def _falls(found: Fronts) -> None:
    for price, front in found.fronts.items():
        speeds = [point.speed for point in front]
        assert speeds == sorted(set(speeds), reverse=True), price
