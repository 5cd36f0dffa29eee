"""The search, against trying every shape."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from isomac.compile import search
from isomac.compile.compiler import compile_graph
from isomac.compile.lowering import lower
from isomac.compile.search import (
    BANKS,
    SLOWER_MAX,
    Choice,
    Constraints,
    arithmetic_bound,
    choose_shape,
    shape_cycles,
)
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac.graph.operators.reshape import Reshape
from isomac.graph.operators.softmax import Softmax
from tests.sw.compile.networks import WITH_SOFTMAX, random_network
from tests.sw.small_graphs import convolution, graph, linear, tensor
from tests.sw.small_operations import average_pool

#: A convolution of 2 to 2 channels on 4 x 4 pixels.
SMALL = graph(convolution())


def array_work(network: Graph, lanes: int) -> list[ArrayWork]:
    """Return the array work of a graph for so many channel lanes."""
    return [work for work in lower(network, lanes).work if isinstance(work, ArrayWork)]


def every_shape(network: Graph, budget: int) -> Iterator[ArrayShape]:
    """All shapes within the budget in which no lane is idle from the first cycle to the last.

    Of the requantization lanes that take as many steps, the fewest.
    """
    work = array_work(network, 1)
    channels = max(max(w.source.layout.channels, w.destination.layout.channels) for w in work)
    outputs = [w.output_size for w in work]
    lines = [w.output_size[0] * w.output_size[1] for w in work if w.pointwise]
    lines += [w.source.layout.plane_words for w in work if w.sums_map]
    highest = max(height for height, _ in outputs)
    widest = max([width for _, width in outputs] + lines)
    for rows, columns, lanes in itertools.product(range(1, budget + 1), repeat=3):
        if rows * columns * lanes > budget:
            continue
        if rows > highest or columns > widest or lanes > channels:
            continue
        for requant_lanes, banks in itertools.product(range(1, lanes + 1), BANKS):
            steps = -(-lanes // requant_lanes)
            if requant_lanes == 1 or -(-lanes // (requant_lanes - 1)) > steps:
                yield ArrayShape(
                    tile_rows=rows,
                    tile_columns=columns,
                    channel_lanes=lanes,
                    requant_lanes=requant_lanes,
                    banks=banks,
                )


def merit(shape: ArrayShape, cycles: int) -> float:
    """Cycles, and half a percent of what hardware counts for: each factor of 2 is 0.35 %."""
    muxes = {1: 0, 2: 2, 4: 8, 8: 24, 16: 64}[shape.banks] * 8 * shape.channel_lanes
    rams = shape.banks * math.ceil(shape.channel_lanes / 9)
    cost = shape.multipliers + 4 * shape.requant_lanes + muxes / 64 + rams
    return math.log(cycles) + 0.005 * math.log(cost)


@pytest.mark.parametrize("seed", range(40))
def test_the_choice_is_the_best_of_all_shapes(seed: int) -> None:
    network, _, rng = random_network(seed)
    budget = int(rng.integers(1, 9))
    choice = choose_shape(network, Constraints(multipliers=budget))
    all_shapes = {
        shape: shape_cycles(lower(network, shape.channel_lanes), shape)
        for shape in every_shape(network, budget)
    }
    limit = min(all_shapes.values()) * (1 + SLOWER_MAX)
    fast = [shape for shape, cycles in all_shapes.items() if cycles <= limit]
    best = min(fast, key=lambda shape: (merit(shape, all_shapes[shape]), shape))
    assert choice.shape == best
    assert choice.cycles == all_shapes[best]
    assert choice.candidates == len(all_shapes)
    work = array_work(network, best.channel_lanes)
    assert choice.bound == arithmetic_bound(
        work, best.tile_rows, best.tile_columns, best.channel_lanes
    )
    check_runner_up(choice, all_shapes)


def demo_shape(requant_lanes: int, banks: int) -> ArrayShape:
    """A shape for the network of the example, on 64 multipliers."""
    return ArrayShape(
        tile_rows=1, tile_columns=2, channel_lanes=32, requant_lanes=requant_lanes, banks=banks
    )


def test_banks_have_their_price() -> None:
    """The figures of the example's network: a tenth of a percent is not worth twice the banks."""
    cycles = {(16, 16): 51_096, (16, 8): 51_145, (32, 8): 51_139, (16, 2): 51_442, (8, 8): 51_632}
    best = min(cycles, key=lambda lanes: search.merit(cycles[lanes], demo_shape(*lanes)))
    assert best == (16, 8)
    # 64 + 4 * 16 multipliers; 8 words of 256 bits in 3 stages; 8 banks of 4 block RAMs.
    assert search.hardware(demo_shape(16, 8)) == 128 + 8 * 256 * 3 / 64 + 32
    assert search.hardware(demo_shape(16, 1)) == 128 + 4


def check_runner_up(choice: Choice, all_shapes: dict[ArrayShape, int]) -> None:
    """It is another P x M, as fast as it says, and not slower than the best by much."""

    def lanes(shape: ArrayShape) -> tuple[int, int, int]:
        return shape.tile_rows, shape.tile_columns, shape.channel_lanes

    others = [cycles for shape, cycles in all_shapes.items() if lanes(shape) != lanes(choice.shape)]
    if choice.runner_up is None:
        assert choice.runner_up_cycles is None
        assert not others
    else:
        assert lanes(choice.runner_up) != lanes(choice.shape)
        assert choice.runner_up_cycles == all_shapes[choice.runner_up]
        assert choice.runner_up_cycles >= min(others)


@pytest.mark.parametrize("seed", range(40))
def test_cycles_are_those_of_the_program(seed: int) -> None:
    network, shape, _ = random_network(seed)
    cycles = shape_cycles(lower(network, shape.channel_lanes), shape)
    assert cycles == compile_graph(network, shape).predicted_cycles
    assert shape_cycles(lower(network, shape.channel_lanes), shape, exact=False) <= cycles


def test_softmax_takes_the_same_cycles_on_every_shape() -> None:
    """What the search leaves out of its account makes no difference."""
    for seed in range(40):
        network, shape, _ = random_network(seed, WITH_SOFTMAX)
        if not any(isinstance(operation, Softmax) for operation in network.operations):
            continue
        narrow = replace(shape, tile_rows=1, tile_columns=1, banks=1)
        assert compile_graph(network, shape).predicted_cycles - shape_cycles(
            lower(network, shape.channel_lanes), shape
        ) == compile_graph(network, narrow).predicted_cycles - shape_cycles(
            lower(network, narrow.channel_lanes), narrow
        )


@pytest.mark.parametrize("seed", range(40))
def test_no_shape_beats_the_bound(seed: int) -> None:
    network, shape, _ = random_network(seed)
    lowered = lower(network, shape.channel_lanes)
    work = array_work(network, shape.channel_lanes)
    bound = arithmetic_bound(work, shape.tile_rows, shape.tile_columns, shape.channel_lanes)
    assert bound < shape_cycles(lowered, replace(shape, banks=16), exact=False)


def test_the_bound_counts_partial_tiles_whole() -> None:
    """18 products for each of 16 pixels and 2 channels."""
    for rows, columns, lanes, bound in [
        (1, 1, 1, 18 * 16 * 2),
        (1, 1, 2, 18 * 16),
        (1, 1, 3, 18 * 16),
        (3, 3, 2, 18 * 4),
        (1, 16, 2, 18 * 4),
    ]:
        assert arithmetic_bound(array_work(SMALL, lanes), rows, columns, lanes) == bound


@pytest.mark.parametrize(
    "given",
    [
        {"tile": (2, 1)},
        {"channel_lanes": 1},
        {"requant_lanes": 2},
        {"banks": 1},
        {"tile": (1, 3), "banks": 8},
        {"channel_lanes": 2, "requant_lanes": 1},
        {"tile": (1, 2), "channel_lanes": 2, "requant_lanes": 1, "banks": 2},
        # More requantization lanes than any layer has channels take channel lanes of their own.
        {"requant_lanes": 3},
    ],
)
def test_what_is_asked_for_is_given(given: dict[str, Any]) -> None:
    shape = choose_shape(SMALL, Constraints(multipliers=8, **given)).shape
    if tile := given.pop("tile", None):
        assert (shape.tile_rows, shape.tile_columns) == tile
    for name, value in given.items():
        assert getattr(shape, name) == value
    assert shape.multipliers <= 8


def test_an_array_that_is_given_needs_no_budget() -> None:
    choice = choose_shape(SMALL, Constraints(multipliers=1, tile=(2, 2), channel_lanes=3))
    assert choice.shape.multipliers == 12
    assert choice.runner_up is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"multipliers": 0}, "the budget must be at least 1 multiplier, not 0"),
        ({"multipliers": -3}, "the budget must be at least 1 multiplier, not -3"),
        ({"tile": (0, 1)}, "tile_rows must be at least 1, not 0"),
        ({"tile": (1, -1)}, "tile_columns must be at least 1, not -1"),
        ({"channel_lanes": 0}, "channel_lanes must be at least 1, not 0"),
        ({"requant_lanes": 0}, "requant_lanes must be at least 1, not 0"),
        ({"banks": 0}, "banks must be at least 1, not 0"),
        ({"banks": 6}, "the number of banks must be a power of two, not 6"),
        ({"channel_lanes": 2, "requant_lanes": 3}, r"channel lanes \(2\), not 3"),
        ({"tile": (3, 3)}, "no array is within 8 multipliers"),
        ({"channel_lanes": 9}, "no array is within 8 multipliers"),
        ({"requant_lanes": 9}, "no array is within 8 multipliers"),
        ({"tile": (2, 2), "requant_lanes": 3}, "no array is within 8 multipliers"),
    ],
)
def test_what_is_impossible_is_said(given: dict[str, Any], message: str) -> None:
    with pytest.raises(IsomacError, match=message):
        choose_shape(SMALL, Constraints(**{"multipliers": 8, **given}))


def test_lanes_that_share_a_sum_are_worth_having() -> None:
    """The network has one output pixel everywhere, but a map to sum over."""
    pool = average_pool(inputs=("x",), kernel=(8, 8), stride=(1, 1))
    flatten = Reshape(name="flatten", inputs=("z",), output="f")
    layer = linear(inputs=("f",), output="o", weight=np.ones((2, 4), np.int8))
    shapes = {"x": (4, 8, 8), "z": (4, 1, 1), "f": (4,), "o": (2,)}
    network = graph(
        pool, flatten, layer, tensors=tuple(tensor(name, shape) for name, shape in shapes.items())
    )
    # A step for each pixel or each 8 of them, and 4 for the linear layer.
    assert arithmetic_bound(array_work(network, 4), 1, 1, 4) == 64 + 4
    assert arithmetic_bound(array_work(network, 4), 2, 4, 4) == 8 + 4
    choice = choose_shape(network, Constraints(multipliers=32))
    alone = choose_shape(network, Constraints(multipliers=32, tile=(1, 1)))
    assert choice.shape.pixel_lanes > 1
    assert choice.cycles < alone.cycles
