"""Whether work computes what the golden model says, layer by layer."""

import numpy as np

from isomac.compile.lowering import Lowered, lower
from isomac.compile.shape import ArrayShape
from isomac.fuzz.generator.graphs import random_inputs
from isomac.golden.evaluate import evaluate
from isomac.graph.graph import Graph
from isomac.graph.verify import verify
from tests.sw.compile.interpret import read_view, run

#: One lane of each, and arrays of odd numbers of lanes.
SHAPES = tuple(
    ArrayShape(tile_rows=rows, tile_columns=columns, channel_lanes=m, requant_lanes=r, banks=banks)
    for rows, columns, m, r, banks in [
        (1, 1, 1, 1, 1),
        (1, 1, 4, 2, 2),
        (1, 3, 3, 2, 4),
        (2, 2, 2, 1, 1),
        (3, 1, 5, 5, 8),
    ]
)


def check(graph: Graph, shape: ArrayShape, seed: int = 0) -> Lowered:
    """Require that every layer stores what the golden model says; returns the work."""
    verify(graph)
    lowered = lower(graph, shape.channel_lanes)
    inputs = random_inputs(graph, np.random.default_rng(seed), 1)
    tensors = {name: values.numpy()[0] for name, values in evaluate(graph, inputs).items()}
    memory = run(lowered, shape, tensors)
    for layer in lowered.layers:
        found = read_view(memory, layer.view)
        assert (found == tensors[layer.tensor].reshape(found.shape)).all(), layer.name
    for name, view in zip(graph.outputs, lowered.outputs, strict=True):
        found = read_view(memory, view)
        assert (found == tensors[name].reshape(found.shape)).all(), name
    return lowered


def check_all(graph: Graph) -> Lowered:
    """Require it on all of `SHAPES`, with other inputs on each; returns the work on the second."""
    return [check(graph, shape, seed) for seed, shape in enumerate(SHAPES)][1]
