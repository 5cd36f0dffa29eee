"""Every cycle is attributed once, and no row of the suite exceeds its limit by the model."""

from fractions import Fraction

import numpy as np
import pytest

from isomac.bench.limits import BUDGETS, limit
from isomac.bench.run import quantized
from isomac.compile.compiler import compile_graph
from isomac.compile.cycle_model import LAUNCH, LOAD_LATENCY
from isomac.compile.losses import losses
from isomac.compile.lowering import lower
from isomac.compile.program import array_shape
from isomac.compile.search import Constraints, arithmetic_bound, choose_shape
from isomac.compile.shape import ArrayShape
from isomac_hw.activation_memory import ActivationMemory
from isomac_hw.output_stage import output_latency
from tests.sw.bench.test_networks import MACS
from tests.sw.small_graphs import convolution, graph, linear, tensor


@pytest.mark.parametrize("key", MACS)
@pytest.mark.parametrize("budget", BUDGETS)
def test_the_suite(key: str, budget: int) -> None:
    network = quantized(key)
    program = compile_graph(network, choose_shape(network, Constraints(multipliers=budget)).shape)
    most = limit(key, budget)
    assert most is None or program.predicted_cycles <= most

    found = losses(program)
    assert found.ideal == Fraction(network.macs, program.parameters.multipliers)
    assert found.ideal + sum(found.lost.values()) == found.cycles == program.predicted_cycles
    assert min(found.lost.values()) >= 0

    shape = array_shape(program.parameters)
    layers = lower(network, shape.channel_lanes).layers
    work = [item for layer in layers if layer.macs for item in layer.work]
    array = shape.tile_rows, shape.tile_columns, shape.channel_lanes
    assert found.bound == arithmetic_bound(work, *array)


def shape(rows: int, columns: int, channels: int) -> ArrayShape:
    return ArrayShape(
        tile_rows=rows, tile_columns=columns, channel_lanes=channels, requant_lanes=1, banks=1
    )


def test_a_linear_layer_by_hand() -> None:
    small = graph(linear(), tensors=(tensor("x", (4,)), tensor("y", (2,))))
    found = losses(compile_graph(small, shape(1, 1, 2)))
    assert found.ideal == 4  # 8 products on 2 multipliers
    assert found.partial_tiles_pixels == found.partial_tiles_channels == 0
    assert found.window_loads == 1
    assert found.drain == 2  # 2 channels through 1 lane, with nothing to hide behind
    assert found.launch == LAUNCH + LOAD_LATENCY + output_latency(())
    assert found.stream_out == LAUNCH + ActivationMemory.READ_LATENCY + 1
    assert found.pooling_and_adds == 0


def test_partial_tiles_by_hand() -> None:
    operation = convolution(weight=np.ones((2, 2, 3, 3), np.int8))
    small = graph(operation, tensors=(tensor("x", (2, 5, 4)), tensor("y", (2, 5, 4))))
    found = losses(compile_graph(small, shape(3, 3, 3)))
    # 20 pixels in 2 x 2 tiles of 9 lanes, 2 channels in a tile of 3; a tile has 18 steps.
    assert found.bound == 4 * 18
    assert found.partial_tiles_pixels == 4 * 18 * Fraction(16, 36)
    assert found.partial_tiles_channels == 4 * 18 * Fraction(20, 36) * Fraction(1, 3)
    assert found.ideal == 4 * 18 * Fraction(20, 36) * Fraction(2, 3)
