"""Each operator by itself on the core in the simulator, and networks that share hardware."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from isomac.compile.compiler import compile_for, compile_graph
from isomac.compile.shape import ArrayShape
from isomac.graph.graph import Graph
from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.reshape import Reshape
from isomac_hw.job import FIELD_NAMES, JobLayout
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.compile.prove import prove
from tests.sw.small_graphs import graph, linear, tensor
from tests.sw.small_operations import (
    adaptive,
    add,
    aligned_add,
    average_pool,
    clamp,
    lookup,
    max_pool,
    pad,
    scale,
    softmax,
)

#: Odd numbers of everything, and a tile that no map below fills.
ODD = ArrayShape(tile_rows=1, tile_columns=3, channel_lanes=3, requant_lanes=2, banks=2)
#: As many requantization lanes as channel lanes, and the most banks.
WIDE = ArrayShape(tile_rows=2, tile_columns=2, channel_lanes=4, requant_lanes=4, banks=16)


def tensors(**shapes: tuple[int, ...]) -> dict[str, Any]:
    """Return the tensors of a graph with zero points of their own."""
    return {
        "tensors": tuple(
            tensor(name, shape, zero_point=(37 * index) % 256 - 128)
            for index, (name, shape) in enumerate(shapes.items())
        )
    }


def same(**shapes: tuple[int, ...]) -> dict[str, Any]:
    """Return the tensors of a graph with one zero point."""
    return {"tensors": tuple(tensor(name, shape) for name, shape in shapes.items())}


FLATTEN = Reshape(name="flatten", inputs=("y",), output="f")
CLASSIFIER = linear(
    inputs=("f",),
    output="z",
    weight=np.random.default_rng(1).integers(-128, 128, (4, 30), np.int8),
    bias=np.arange(4, dtype=np.int32) * 500,
    multiplier=np.full(4, 2**30),
    shift=np.full(4, 37),
)

CASES: dict[str, Graph] = {
    "convolution": graph(
        layer("conv", "x", "y", (5, 7), (3, 3), padding=(1, 1, 1, 1)),
        **tensors(x=(5, 4, 5), y=(7, 4, 5)),
    ),
    "strided and dilated": graph(
        layer(
            "conv", "x", "y", (2, 3), (3, 2), stride=(2, 3), dilation=(1, 2), padding=(2, 1, 0, 2)
        ),
        **tensors(x=(2, 5, 8), y=(3, 3, 3)),
    ),
    "grouped": graph(
        layer("conv", "x", "y", (9, 6), (2, 2), groups=3), **tensors(x=(9, 3, 4), y=(6, 2, 3))
    ),
    "depthwise": graph(
        layer("conv", "x", "y", (7, 7), (3, 3), groups=7, stride=(2, 1), padding=(1, 1, 1, 1)),
        **tensors(x=(7, 5, 4), y=(7, 3, 4)),
    ),
    "pointwise": graph(layer("conv", "x", "y", (6, 5)), **tensors(x=(6, 3, 5), y=(5, 3, 5))),
    "flattened map": graph(
        layer("conv", "x", "y", (1, 5)),
        FLATTEN,
        CLASSIFIER,
        **same(x=(1, 2, 3), y=(5, 2, 3), f=(30,), z=(4,)),
    ),
    "max pool": graph(
        layer("conv", "x", "y", (1, 4)),
        replace(max_pool(), kernel=(3, 3), stride=(2, 2), padding=(1, 1, 1, 1)),
        **same(x=(1, 5, 4), y=(4, 5, 4), z=(4, 3, 2)),
    ),
    "average pool": graph(
        layer("conv", "x", "y", (1, 4)),
        replace(average_pool(), kernel=(3, 2), stride=(1, 2), padding=(1, 0, 1, 0)),
        **tensors(x=(1, 5, 4), y=(4, 5, 4), z=(4, 5, 2)),
    ),
    "mean of a map": graph(
        layer("conv", "x", "y", (2, 7)),
        replace(average_pool(), kernel=(5, 6), stride=(1, 1), multiplier=2**27),
        **tensors(x=(2, 5, 6), y=(7, 5, 6), z=(7, 1, 1)),
    ),
    "adaptive average pool": graph(
        layer("conv", "x", "y", (1, 4)),
        adaptive(),
        **tensors(x=(1, 4, 4), y=(4, 4, 4), z=(4, 2, 1)),
    ),
    "add": graph(
        layer("conv", "x", "y", (5, 5)), add(), **tensors(x=(5, 3, 4), y=(5, 3, 4), z=(5, 3, 4))
    ),
    "add of other slots": after_gaps(
        layer("third", "a", "y", (3, 6)), add(inputs=("y", "c")), **same(y=(6, 4, 4), z=(6, 4, 4))
    ),
    "aligned add": graph(
        layer("conv", "x", "y", (5, 5)),
        aligned_add(),
        **tensors(x=(5, 3, 4), y=(5, 3, 4), z=(5, 3, 4)),
    ),
    "both additions": graph(
        layer("conv", "x", "y", (5, 5)),
        aligned_add(),
        replace(add(), name="again", inputs=("z", "y"), output="w"),
        **tensors(x=(5, 3, 4), y=(5, 3, 4), z=(5, 3, 4), w=(5, 3, 4)),
    ),
    "scale": graph(
        layer("conv", "x", "y", (2, 5)),
        scale(5),
        **tensors(x=(2, 3, 4), y=(5, 3, 4), z=(5, 3, 4)),
    ),
    "scale of other slots": after_gaps(scale(6, inputs=("c",)), **same(z=(6, 4, 4))),
    "lookup": graph(
        layer("conv", "x", "y", (2, 5)), lookup(), **tensors(x=(2, 3, 4), y=(5, 3, 4), z=(5, 3, 4))
    ),
    "two tables": graph(
        layer("conv", "x", "y", (2, 5)),
        lookup(),
        replace(lookup(), name="more", inputs=("z",), output="w", table=lookup().table[::-1]),
        **tensors(x=(2, 3, 4), y=(5, 3, 4), z=(5, 3, 4), w=(5, 3, 4)),
    ),
    "pad": graph(
        layer("conv", "x", "y", (2, 5)), pad(), **same(x=(2, 3, 4), y=(5, 3, 4), z=(5, 6, 7))
    ),
    "raw average pool with a border": graph(
        layer("conv", "x", "y", (1, 4)),
        adaptive(
            rows=((0, 2), (0, 3), (1, 4), (2, 5), (3, 5)),
            columns=((0, 2), (1, 4), (3, 5)),
            multiplier=np.full((5, 3), 2**30 + 1, np.int64),
            shift=np.full((5, 3), 33, np.int64),
            centered=False,
        ),
        **tensors(x=(1, 5, 5), y=(4, 5, 5), z=(4, 5, 3)),
    ),
    "two roundings": graph(
        layer("conv", "x", "y", (5, 7), (3, 3), padding=(1, 1, 1, 1), rounding="double"),
        **tensors(x=(5, 4, 5), y=(7, 4, 5)),
    ),
    "clamp": graph(
        layer("conv", "x", "y", (2, 5)), clamp(), **same(x=(2, 3, 4), y=(5, 3, 4), z=(5, 3, 4))
    ),
    "concatenate": graph(
        layer("conv", "x", "y", (2, 5)),
        Concatenate(name="join", inputs=("x", "y", "y"), output="z"),
        layer("last", "z", "w", (12, 2), (2, 2)),
        **same(x=(2, 3, 4), y=(5, 3, 4), z=(12, 3, 4), w=(2, 2, 3)),
    ),
    "softmax": graph(
        layer("conv", "x", "y", (3, 5)), softmax(), **tensors(x=(3, 2, 2), y=(5, 2, 2), z=(5, 2, 2))
    ),
    "softmax over gaps": after_gaps(replace(softmax(), inputs=("c",)), **same(z=(6, 4, 4))),
    "several inputs and outputs": graph(
        layer("conv", "x", "y", (2, 3)),
        add(inputs=("y", "w")),
        inputs=("w", "x"),
        outputs=("z", "y"),
        **tensors(x=(2, 3, 4), w=(3, 3, 4), y=(3, 3, 4), z=(3, 3, 4)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_operators(name: str) -> None:
    shape = ODD if len(name) % 2 else WIDE
    prove(compile_graph(CASES[name], shape), count=1)


@pytest.mark.parametrize("name", ["grouped", "max pool", "flattened map"])
def test_other_networks_on_hardware_that_exists(name: str) -> None:
    """It was derived from a convolution, and got the features and memories that they all need."""
    shape = replace(ODD, requant_lanes=1)
    base = compile_graph(CASES["convolution"], shape, mode="programmable").parameters
    hardware = replace(
        base,
        features=("dense", "depthwise", "max", "add"),
        input_channels=(1, 2, 3),
        strides=(1, 2),
        window_columns=7,
        activation_depth=128,
        weight_depth=1024,
        bias_bits=32,
        sum_bits=33,
        shift_min=1,
        shift_bits=6,
        job_layout=JobLayout.derive([], fixed=False, at_least=dict.fromkeys(FIELD_NAMES, 32)),
    )
    prove(compile_for(CASES[name], hardware), count=1)
