"""Softmax with Newton's iteration: what hardware it needs, what is refused, and every byte."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from isomac.compile.compiler import compile_for, compile_graph
from isomac.compile.reasons import reasons
from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac_hw.core_memories import memory_targets
from isomac_hw.softmax_parameters import SoftmaxParameters
from tests.sw.compile.networks import WITH_NEWTON, random_network
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.compile.prove import prove, prove_back_to_back
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import newton_softmax, softmax

SHAPE = ArrayShape(tile_rows=1, tile_columns=2, channel_lanes=2, requant_lanes=1, banks=2)
SMALL = replace(
    WITH_NEWTON,
    steps=(1, 4),
    max_size=4,
    max_channels=7,
    max_kernel=3,
    operators=("NewtonSoftmax", "NewtonSoftmax", "Concatenate", "Convolution", "Linear"),
)


def over(channels: int, height: int = 1, width: int = 1, **changes: Any) -> Graph:
    """Return a softmax over so many channels of a convolution."""
    size = (channels, height, width)
    shapes = (tensor("x", size), tensor("y", size), tensor("z", size, zero_point=-128))
    conv = layer("conv", "x", "y", (channels, channels))
    return graph(conv, newton_softmax(**changes), tensors=shapes)


def behind(first: Operation, second: Operation) -> Graph:
    """Return two softmax layers, the second of which reads the first."""
    second = replace(second, name="second", inputs=("z",), output="w")
    ends = tuple(tensor(name, zero_point=-128) for name in "zw")
    return graph(convolution(), first, second, tensors=ends)


@pytest.mark.parametrize(("channels", "sum_bits"), [(1, 20), (2, 21), (3, 21), (10, 23), (64, 26)])
def test_parameters_follow_from_the_graph(channels: int, sum_bits: int) -> None:
    p = compile_graph(over(channels, 3, 2), SHAPE).parameters
    assert p.softmax == SoftmaxParameters.newton(
        channel_lanes=2,
        address_bits=p.address_bits,
        channels_bits=max(1, (channels - 1).bit_length()),
        pixels_bits=3,
        sum_bits=sum_bits,
    )
    (table,) = (target for target in memory_targets(p) if target.name == "table")
    assert (table.width, table.depth) == (31, 256)


def test_the_reason_says_which_method() -> None:
    found = reasons(compile_graph(over(10), SHAPE), None)["softmax"]
    assert found[0] == "256 entries of 31 bits, Newton's iteration"
    assert found[1] == "exponentials; 23 bits of sum, a reciprocal in 30 cycles"
    end = tensor("z", zero_point=-128)
    other = compile_graph(graph(convolution(), softmax(), tensors=(end,)), SHAPE)
    assert reasons(other, None)["softmax"][0] == "256 entries of 17 bits, division"


def test_two_layers_share_one_table() -> None:
    program = compile_graph(behind(newton_softmax(), newton_softmax()), SHAPE)
    assert program.images.table == newton_softmax().table.tolist()


def test_different_tables_are_refused() -> None:
    other = newton_softmax(table=np.full(256, 2**31 - 1))
    with pytest.raises(IsomacError, match="the softmax unit has one table"):
        compile_graph(behind(newton_softmax(), other), SHAPE)


@pytest.mark.parametrize(
    "layers", [(softmax(), newton_softmax()), (newton_softmax(), softmax())], ids=["div", "newton"]
)
def test_a_mixture_is_refused(layers: tuple[Operation, Operation]) -> None:
    with pytest.raises(IsomacError, match="must find the reciprocal in the same way: the softmax"):
        compile_graph(behind(*layers), SHAPE)


@pytest.mark.parametrize(
    ("layers", "what"),
    [
        ((softmax(), newton_softmax()), r"softmax method \(has division, needs newton\)$"),
        ((newton_softmax(), softmax()), r"softmax method \(has newton, needs division\)$"),
    ],
)
def test_hardware_of_the_other_method_is_refused(
    layers: tuple[Operation, Operation], what: str
) -> None:
    end = tensor("z", zero_point=-128)
    has, needs = (graph(convolution(), operation, tensors=(end,)) for operation in layers)
    hardware = compile_graph(has, SHAPE, mode="programmable").parameters
    with pytest.raises(IsomacError, match=f"does not fit the hardware, .* short of {what}"):
        compile_for(needs, hardware)


def test_too_few_bits_of_the_sum_are_named() -> None:
    hardware = compile_graph(over(8), SHAPE, mode="programmable").parameters
    assert hardware.softmax is not None
    narrow = replace(hardware, softmax=replace(hardware.softmax, sum_bits=22))
    with pytest.raises(IsomacError, match=r"softmax sum_bits \(has 22, needs 23\)$"):
        compile_for(over(8), narrow)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
def test_every_number_of_channels_on_the_core(lanes: int) -> None:
    shape = replace(SHAPE, channel_lanes=lanes)
    for channels in {1, lanes, lanes + 1, 2 * lanes, 3 * lanes + 1}:
        table = np.random.default_rng(channels).integers(0, 2**31, 256)
        table[255] = 2**31 - 1
        prove(compile_graph(over(channels, 2, 2, table=table), shape), channels, count=1)


def test_gaps_on_the_core() -> None:
    operation = replace(newton_softmax(), inputs=("c",))
    network = after_gaps(operation, tensors=(tensor("z", (6, 4, 4), zero_point=-128),))
    prove(compile_graph(network, replace(SHAPE, channel_lanes=4)), count=1)


@pytest.mark.parametrize("mode", ["fixed", "programmable"])
@pytest.mark.parametrize("seed", range(6))
def test_random_networks_on_the_core(seed: int, mode: str) -> None:
    network, shape, _ = random_network(seed, SMALL)
    prove(compile_graph(network, shape, mode=mode), seed, count=1)


def test_another_network_on_hardware_that_exists() -> None:
    """Another table and fewer channels, through the load port."""
    hardware = compile_graph(over(9, 2, 3), SHAPE, mode="programmable").parameters
    table = np.arange(256) << 22
    table[255] = 2**31 - 2**11
    prove(compile_for(over(4, 3, 1, table=table), hardware), count=1)


@pytest.mark.parametrize("overlap_input", [True, False])
def test_back_to_back(overlap_input: bool) -> None:
    prove_back_to_back(compile_graph(over(5, 2, 2), SHAPE, overlap_input=overlap_input))


def test_the_random_networks_have_a_softmax() -> None:
    kinds = [
        {type(operation).__name__ for operation in random_network(seed, SMALL)[0].operations}
        for seed in range(6)
    ]
    assert sum("NewtonSoftmax" in found for found in kinds) >= 4
