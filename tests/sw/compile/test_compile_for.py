"""Other networks on programmable hardware that exists."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from isomac.compile.compiler import compile_for, compile_graph
from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac_hw.job import JobField, JobLayout
from isomac_hw.parameters import AcceleratorParameters
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import add

SHAPE = ArrayShape(tile_rows=1, tile_columns=2, channel_lanes=2, requant_lanes=1, banks=2)


def pointwise(size: int, **changes: Any) -> Graph:
    """Return a 1x1 convolution of 2 to 2 channels to `size` x `size` pixels."""
    layer = convolution(
        weight=np.ones((2, 2, 1, 1), np.int8), **{"padding": (0, 0, 0, 0), **changes}
    )
    return graph(layer, tensors=(tensor("y", (2, size, size)),))


def hardware(network: Graph, **changes: Any) -> AcceleratorParameters:
    """Return programmable hardware derived from a network."""
    return replace(compile_graph(network, SHAPE, mode="programmable").parameters, **changes)


def test_fixed_hardware_runs_nothing_else() -> None:
    network = graph(convolution())
    fixed = compile_graph(network, SHAPE).parameters
    with pytest.raises(IsomacError, match="only programmable hardware runs other networks"):
        compile_for(network, fixed)


@pytest.mark.parametrize(("stride", "size"), [(2, 2), (3, 2)])
def test_strides_that_the_window_lacks(stride: int, size: int) -> None:
    """The window of the first network holds two neighbours and nothing else."""
    with pytest.raises(IsomacError, match=f"strides 1, the network needs {stride}$"):
        compile_for(pointwise(size, stride=(stride, stride)), hardware(pointwise(4)))


def test_a_stride_that_keeps_one_lane_busy_needs_no_window() -> None:
    """One output a row has no neighbour."""
    program = compile_for(pointwise(1, stride=(4, 4)), hardware(pointwise(4)))
    assert program.parameters.strides == (1,)


def test_inputs_that_the_hardware_cannot_unpack() -> None:
    one = graph(
        convolution(weight=np.ones((2, 1, 3, 3), np.int8)), tensors=(tensor("x", (1, 4, 4)),)
    )
    with pytest.raises(IsomacError, match=r"inputs of 2 channels a word, the network has 1$"):
        compile_for(one, hardware(graph(convolution())))
    both = hardware(graph(convolution()), input_channels=(1, 2))
    assert [job.packing for job in compile_for(one, both).jobs] == [0, None, None]
    assert compile_for(graph(convolution()), both).jobs[0].packing == 1


def test_a_longer_kernel_comes_in_several_segments() -> None:
    """The hardware's window holds no more than a word for each lane."""
    program = compile_for(graph(convolution()), hardware(pointwise(4), weight_depth=64))
    (job,) = (job for job in program.jobs if job.columns is not None)
    assert (job.taps, job.columns) == (0, 2)


def test_only_one_input_can_arrive_ahead() -> None:
    two = graph(convolution(), add(inputs=("y", "w")), inputs=("x", "w"), tensors=(tensor("w"),))
    ready = hardware(two)
    assert len(compile_for(two, ready).inputs) == 2
    with pytest.raises(IsomacError, match="only a network with one input can overlap"):
        compile_for(two, replace(ready, overlap_input=True))


def test_overlap_is_a_property_of_the_hardware() -> None:
    network = graph(convolution())
    program = compile_for(network, hardware(network, overlap_input=True))
    assert [job.frees_input for job in program.jobs] == [None, 1, None]


def test_numbers_that_a_job_has_no_room_for() -> None:
    network = graph(convolution())
    enough = hardware(network)

    def narrow(field: JobField) -> JobField:
        return replace(field, width=1) if field.name == "tile_rows" else field

    layout = JobLayout(tuple(narrow(field) for field in enough.job_layout.fields))
    with pytest.raises(IsomacError, match="does not fit the hardware: Job field tile_rows"):
        compile_for(network, replace(enough, job_layout=layout))
