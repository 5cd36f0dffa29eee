"""Graphs as work: it computes what they say, whatever the array."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from isomac.compile.lowering import lower
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation, Shape
from tests.sw.compile.equal import check
from tests.sw.compile.networks import WITH_SOFTMAX, random_network
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import CONCATENATE, RESHAPE, add

SEEDS = range(150)


@cache
def cached(seed: int) -> tuple[Graph, ArrayShape]:
    """Return a random graph and an array."""
    network, shape, _ = random_network(seed, WITH_SOFTMAX)
    return network, shape


def test_work_computes_the_graph() -> None:
    for seed in SEEDS:
        network, shape = cached(seed)
        check(network, shape, seed)


def test_views_lie_in_their_buffers() -> None:
    for seed in SEEDS:
        network, shape = cached(seed)
        lowered = lower(network, shape.channel_lanes)
        views = [*lowered.inputs, *lowered.outputs, *(layer.view for layer in lowered.layers)]
        for work in lowered.work:
            views += [*work.reads, work.destination]
        for view in views:
            assert view.offset >= 0
            assert view.offset + view.layout.words <= lowered.buffers[view.buffer]
            assert view.layout.word_channels == lowered.word_channels == shape.channel_lanes


def test_there_is_no_buffer_that_nobody_touches() -> None:
    for seed in SEEDS:
        network, shape = cached(seed)
        lowered = lower(network, shape.channel_lanes)
        touched = {view.buffer for view in lowered.inputs}
        for work in lowered.work:
            touched |= {view.buffer for view in (*work.reads, work.destination)}
        assert set(lowered.buffers) == touched


def test_inputs_arrive_without_gaps() -> None:
    for seed in SEEDS:
        network, shape = cached(seed)
        for name, view in zip(
            network.inputs, lower(network, shape.channel_lanes).inputs, strict=True
        ):
            assert view.plane == 0
            assert view.layout.is_dense
            assert view.layout.channels == network.tensor(name).shape[0]


def test_layers_carry_what_their_operations_say() -> None:
    """Multiply-accumulates and sources are those of the operations, copies have none."""
    for seed in SEEDS:
        network, shape = cached(seed)
        operations = {operation.name: operation for operation in network.operations}
        lowered = lower(network, shape.channel_lanes)
        for layer in lowered.layers:
            operation = operations[layer.name.partition(":")[0]]
            if layer.label == "copy":
                assert layer.macs == 0
                assert layer.tensor in operation.inputs
            else:
                assert (layer.name, layer.label) == (operation.name, operation.label)
                assert (layer.macs, layer.tensor) == (operation.macs(network), operation.output)
            assert layer.source == operation.source
        assert sum(layer.macs for layer in lowered.layers) == network.macs


def test_buffers_inside_buffers_inside_buffers() -> None:
    """A concatenation of concatenations is one buffer that all producers write to."""
    first = convolution()
    second = convolution(name="second", inputs=("y",), output="w")
    inner = type(CONCATENATE)(name="inner", inputs=("w", "y"), output="i")
    third = convolution(name="third", inputs=("y",), output="v")
    outer = type(CONCATENATE)(name="outer", inputs=("v", "i"), output="z")
    shapes = (tensor("i", (4, 4, 4)), tensor("z", (6, 4, 4)))
    lowered = lower(graph(first, second, inner, third, outer, tensors=shapes), 2)
    assert set(lowered.buffers) == {"x", "z"}
    planes = {layer.name: layer.view.plane for layer in lowered.layers if layer.work}
    assert planes == {"third": 0, "second": 1, "convolution": 2}


def test_both_operands_of_an_add_are_found_in_their_buffers() -> None:
    """Each of them lies in the buffer of a concatenation."""
    other = convolution(name="other", inputs=("y",), output="w")
    both = type(CONCATENATE)(name="both", inputs=("y", "w"), output="c")
    total = add(inputs=("w", "y"))
    shapes = (tensor("c", (4, 4, 4)),)
    lowered = lower(graph(convolution(), other, both, total, outputs=("c", "z"), tensors=shapes), 2)
    (work,) = lowered.layers[-1].work
    assert isinstance(work, ArrayWork)
    assert work.second is not None
    assert (work.source.buffer, work.source.plane) == ("c", 1)
    assert (work.second.buffer, work.second.plane) == ("c", 0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Transcendence(Operation):
    """An operator that no hardware has."""

    @property
    def label(self) -> str:
        return "transcendence"

    def infer_shape(self, input_shapes: Any) -> Shape:
        return tuple(input_shapes[0])


def test_an_unknown_operator_is_named() -> None:
    beyond = Transcendence(name="beyond", inputs=("y",), output="z", source="net.py:3")
    with pytest.raises(
        IsomacError,
        match=r"^Transcendence 'beyond' \(net.py:3\) is an operator that the hardware does not",
    ):
        lower(graph(convolution(), beyond), 2)


def test_an_output_may_be_another_name_for_the_input() -> None:
    same = type(RESHAPE)(name="same", inputs=("x",), output="z")
    lowered = lower(graph(convolution(), same, outputs=("y", "z")), 2)
    assert lowered.outputs[1] == lowered.inputs[0]
