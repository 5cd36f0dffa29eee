"""Random graphs on random arrays: every byte and every cycle of the core in the simulator.

The graphs and arrays are always the same ones; `isomac fuzz` tries new ones.
"""

from dataclasses import replace

import pytest

from isomac.compile.compiler import compile_graph
from isomac.compile.shape import ArrayShape
from isomac.graph.graph import Graph
from isomac.graph.operators import OPERATORS
from tests.sw.compile.networks import WITH_SOFTMAX, random_network
from tests.sw.compile.prove import prove, prove_back_to_back

#: Small enough for a second each: Amaranth's simulator takes about 3,000 cycles of a core in one.
SMALL = replace(WITH_SOFTMAX, steps=(2, 5), max_size=5, max_channels=7, max_kernel=3)
#: Rows and columns of pixel lanes, M, R, B.
SHAPES = [
    (1, 1, 1, 1, 1),
    (1, 1, 4, 1, 2),
    (1, 1, 3, 3, 8),
    (1, 3, 1, 1, 2),
    (3, 1, 2, 2, 1),
    (1, 5, 3, 2, 4),
    (2, 2, 2, 1, 1),
    (2, 3, 1, 1, 16),
    (3, 3, 1, 1, 4),
    (1, 2, 5, 3, 2),
    (2, 1, 7, 4, 4),
    (1, 4, 2, 2, 8),
]


def network(seed: int) -> Graph:
    """Return a random graph that does not take too long."""
    return random_network(seed, SMALL)[0]


def shape(index: int) -> ArrayShape:
    """Return one of the arrays."""
    rows, columns, lanes, requant_lanes, banks = SHAPES[index % len(SHAPES)]
    return ArrayShape(
        tile_rows=rows,
        tile_columns=columns,
        channel_lanes=lanes,
        requant_lanes=requant_lanes,
        banks=banks,
    )


@pytest.mark.parametrize("seed", range(24))
def test_fixed_hardware(seed: int) -> None:
    prove(compile_graph(network(seed), shape(seed)), seed)


@pytest.mark.parametrize("seed", range(100, 112))
def test_programmable_hardware(seed: int) -> None:
    prove(compile_graph(network(seed), shape(seed), mode="programmable"), seed)


@pytest.mark.parametrize("overlap_input", [True, False])
@pytest.mark.parametrize("seed", range(200, 204))
def test_back_to_back(seed: int, overlap_input: bool) -> None:
    graph, array, _ = random_network(seed, replace(SMALL, max_inputs=1))
    prove_back_to_back(compile_graph(graph, array, overlap_input=overlap_input), seed)


def test_the_shapes_are_of_all_kinds() -> None:
    shapes = [shape(index) for index in range(len(SHAPES))]
    for name in ("pixel_lanes", "channel_lanes", "requant_lanes", "banks"):
        values = {getattr(item, name) for item in shapes}
        assert 1 in values
        assert len(values) > 3
    for name in ("pixel_lanes", "channel_lanes"):
        assert any(getattr(item, name) % 2 and getattr(item, name) > 1 for item in shapes)


def test_the_graphs_have_every_operator() -> None:
    seeds = [*range(24), *range(100, 112)]
    found = {type(operation).__name__ for seed in seeds for operation in network(seed).operations}
    assert found == set(OPERATORS) - {"NewtonSoftmax"}
