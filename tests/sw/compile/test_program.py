"""Programs: their jobs and layers in order, and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest

from isomac.compile import cycle_model
from isomac.compile.compiler import compile_graph
from isomac.compile.context import Layer
from isomac.compile.geometry import Geometry
from isomac.compile.lowering import lower
from isomac.compile.program import Program, array_shape
from isomac.compile.schedule import schedule
from isomac.compile.work import ArrayWork, View
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac.graph.operators.reshape import Reshape
from isomac_hw.input_store import Packing
from isomac_hw.job import Kind
from tests.sw.compile.networks import ARRAY_ONLY, WITH_SOFTMAX, random_network
from tests.sw.compile.works import random_shape
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import CONCATENATE, RESHAPE, add, clamp, softmax

SEEDS = range(40)


def random_program(seed: int) -> tuple[Program, list[Layer]]:
    """Return a compiled random graph, and the layers that have work."""
    network, shape, _ = random_network(seed, WITH_SOFTMAX)
    program = compile_graph(network, shape)
    assert array_shape(program.parameters) == shape
    return program, [layer for layer in lower(network, shape.channel_lanes).layers if layer.work]


@pytest.mark.parametrize("seed", SEEDS)
def test_jobs_follow_the_layers(seed: int) -> None:
    program, layers = random_program(seed)
    inputs, outputs = program.graph.inputs, program.graph.outputs
    kinds = [Kind.INPUT] * len(inputs)
    ends = [1] * len(inputs)
    for layer in layers:
        kinds += [
            Kind.ARRAY if isinstance(work, ArrayWork) else Kind.SOFTMAX for work in layer.work
        ]
        ends += [0] * (len(layer.work) - 1) + [1]
    kinds += [Kind.OUTPUT] * len(outputs)
    ends += [0] * (len(outputs) - 1) + [1]
    assert [job.kind for job in program.jobs] == kinds
    assert [job.ends_layer for job in program.jobs] == ends
    assert [job.ends_program for job in program.jobs] == [0] * (len(kinds) - 1) + [1]
    assert len(program.layers) == sum(ends)


@pytest.mark.parametrize("seed", SEEDS)
def test_layers_say_what_they_store(seed: int) -> None:
    program, layers = random_program(seed)
    first = len(program.graph.inputs)
    arrivals, departure = program.layers[:first], program.layers[-1]
    for layer in (*arrivals, departure):
        assert (layer.tensor, layer.view, layer.base, layer.macs) == (None, None, 0, 0)
    assert (departure.name, departure.label) == ("output", "output")
    assert [layer.label for layer in arrivals] == ["input"] * first
    for layer, expected in zip(program.layers[first:-1], layers, strict=True):
        for name in ("name", "label", "source", "macs", "tensor", "view"):
            assert getattr(layer, name) == getattr(expected, name)
        assert layer.base == program.plan.base[expected.view.buffer] + expected.view.offset
    assert sum(layer.macs for layer in program.layers) == program.graph.macs


@pytest.mark.parametrize("seed", SEEDS)
def test_cycles_of_layers_are_those_of_their_jobs(seed: int) -> None:
    program, layers = random_program(seed)
    p = program.parameters
    packings = [
        Packing(p.channel_lanes, p.banks, view.layout.packed_channels) for view, _ in program.inputs
    ]
    expected = [
        cycle_model.input_cycles(packing, view.layout.words, first=index == 0)
        for index, (packing, (view, _)) in enumerate(zip(packings, program.inputs, strict=True))
    ]
    work = [item for layer in layers for item in layer.work]
    scheduled = schedule(work, array_shape(p), p.window_columns, p.softmax)
    jobs = iter(scheduled)
    expected += [sum(next(jobs).cycles for _ in layer.work) for layer in layers]
    expected.append(
        cycle_model.departure_cycles([view.layout.words for view, _ in program.outputs])
    )
    assert [layer.predicted_cycles for layer in program.layers] == expected
    assert program.predicted_cycles == sum(expected)
    delays = [job.launch_delay for job in program.jobs if job.kind == Kind.ARRAY]
    assert delays == [
        job.launch_delay for job, w in zip(scheduled, work, strict=True) if isinstance(w, ArrayWork)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_jobs_point_to_their_constants(seed: int) -> None:
    """The rows of the images that a job names hold its weights and its bias."""
    program, layers = random_program(seed)
    p = program.parameters
    array_jobs = [job for job in program.jobs if job.kind == Kind.ARRAY]
    array_work = [w for layer in layers for w in layer.work if isinstance(w, ArrayWork)]
    for job, work in zip(array_jobs, array_work, strict=True):
        geometry = Geometry.of(work, array_shape(p), p.window_columns)
        constants = work.constants(geometry.segmentation)
        weight_base, requant_base = job.weight_base or 0, job.requant_base or 0
        for index, word in enumerate(constants.weights):
            row = program.images.weights[weight_base + index]
            assert row == int.from_bytes(word.tobytes(), "little")
        for slot, bias in enumerate(constants.bias.tolist()):
            tile, byte = divmod(slot, p.channel_lanes)
            step, lane = divmod(byte, p.requant_lanes)
            row = program.images.requant[requant_base + tile * p.drain_steps + step]
            width = p.bias_bits + p.multiplier_bits + p.shift_bits
            assert (row >> lane * width) % (1 << p.bias_bits) == bias % (1 << p.bias_bits)


@pytest.mark.parametrize("seed", SEEDS)
def test_streams(seed: int) -> None:
    program, _ = random_program(seed)
    lanes = program.parameters.channel_lanes
    words = 0
    for view, base in program.inputs:
        layout = view.layout
        bytes_of_pixel = layout.channels if layout.planes == 1 else lanes
        words += -(-layout.words * bytes_of_pixel // lanes)
        assert base == program.plan.base[view.buffer]
        assert base % program.parameters.banks == 0
    assert program.input_words == words
    assert program.output_words == sum(view.layout.words for view, _ in program.outputs)
    for jobs, views in (
        ([j.output_base for j in program.jobs if j.kind == Kind.INPUT], program.inputs),
        ([j.input_base for j in program.jobs if j.kind == Kind.OUTPUT], program.outputs),
    ):
        assert jobs == [base for _, base in views]


def test_the_table_of_a_softmax_is_an_image() -> None:
    operation = softmax()
    program = compile_graph(graph(convolution(), operation), random_shape(np.random.default_rng(1)))
    assert program.images.table == operation.table.tolist()


def test_inputs_are_told_apart_where_there_are_several() -> None:
    two = graph(convolution(), add(inputs=("y", "w")), inputs=("x", "w"), tensors=(tensor("w"),))
    shape = random_shape(np.random.default_rng(1))
    assert [layer.name for layer in compile_graph(two, shape).layers] == [
        "input x",
        "input w",
        "convolution",
        "add",
        "output",
    ]


def test_operations_without_work_are_no_layers() -> None:
    flatten = graph(convolution(), RESHAPE, tensors=(tensor("z", (32,)),))
    shape = random_shape(np.random.default_rng(1))
    program = compile_graph(flatten, shape)
    assert [layer.name for layer in program.layers] == ["input", "convolution", "output"]
    assert program.outputs[0][0] == View("y", 0, program.outputs[0][0].layout)


def test_copies_are_layers_of_the_tensor_that_they_copy() -> None:
    both = graph(convolution(), CONCATENATE, tensors=(tensor("z", (4, 4, 4)),))
    program = compile_graph(both, random_shape(np.random.default_rng(1), 2))
    _, _, copy, _ = program.layers
    assert (copy.name, copy.label, copy.tensor) == ("concatenate:copy1", "copy", "x")
    assert copy.view is not None
    assert (copy.view.buffer, copy.view.plane) == ("z", 1)


def frees(network: Graph) -> list[int | None]:
    """Which jobs let the next input arrive."""
    shape = random_network(3, ARRAY_ONLY, lanes=2)[1]
    return [job.frees_input for job in compile_graph(network, shape, overlap_input=True).jobs]


def test_the_next_input_arrives_behind_the_last_job_that_reads_this_one() -> None:
    """Not behind one before, and neither stream job says anything."""
    assert frees(graph(convolution())) == [None, 1, None]
    assert frees(graph(convolution(), clamp())) == [None, 1, 0, None]
    assert frees(graph(convolution(), add())) == [None, 0, 1, None]


def test_nothing_arrives_ahead_of_another_reader() -> None:
    """A softmax reads it last, or it leaves as it came."""
    late = replace(softmax(), inputs=("x",))
    assert frees(graph(convolution(), late, outputs=("y", "z"))) == [None, 0, None, None, None]
    same = Reshape(name="same", inputs=("x",), output="z")
    leaving = graph(convolution(), same, outputs=("y", "z"))
    assert frees(leaving) == [None, 0, None, None]


def test_without_overlap_no_job_says_so() -> None:
    program = compile_graph(graph(convolution()), random_shape(np.random.default_rng(1)))
    assert [job.frees_input for job in program.jobs] == [None] * 3
    assert not program.parameters.overlap_input


def test_only_one_input_can_arrive_ahead() -> None:
    two = graph(convolution(), add(inputs=("y", "w")), inputs=("x", "w"), tensors=(tensor("w"),))
    with pytest.raises(IsomacError, match="only a network with one input can overlap"):
        compile_graph(two, random_shape(np.random.default_rng(1)), overlap_input=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_input_of_an_overlapped_program_is_nobody_elses(seed: int) -> None:
    network, shape, _ = random_network(seed, replace(ARRAY_ONLY, max_inputs=1))
    lowered = lower(network, shape.channel_lanes)
    plan = compile_graph(network, shape, overlap_input=True).plan
    words = {name: (base, base + lowered.buffers[name]) for name, base in plan.base.items()}
    start, end = words.pop(lowered.inputs[0].buffer)
    assert all(stop <= start or end <= first for first, stop in words.values())
