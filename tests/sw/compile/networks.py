"""Random graphs for the compiler, and their work."""

from dataclasses import replace
from functools import cache

import numpy as np

from isomac.compile.compiler import compile_graph
from isomac.compile.lowering import Lowered, lower
from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError
from isomac.fuzz.generator.graphs import STEPS, Choices, random_graph
from isomac.graph.graph import Graph
from tests.sw.compile.works import random_shape

#: Small graphs of all operators but softmax.
ARRAY_ONLY = Choices(
    steps=(2, 6),
    max_size=6,
    max_channels=10,
    max_kernel=4,
    maps_from_reshape=False,
    operators=tuple(name for name in STEPS if "Softmax" not in name),
)
#: The same with softmax layers that share a table, of either method.
WITH_SOFTMAX = replace(
    ARRAY_ONLY, operators=(*ARRAY_ONLY.operators, "Softmax"), one_softmax=(32, 24)
)
WITH_NEWTON = replace(WITH_SOFTMAX, operators=(*ARRAY_ONLY.operators, "NewtonSoftmax"))
#: What a valid graph is refused for, since its steps are drawn without a look at the hardware.
REASONS = ("reads the flattened map",)


def random_network(
    seed: int, choices: Choices = ARRAY_ONLY, lanes: int | None = None
) -> tuple[Graph, ArrayShape, np.random.Generator]:
    """Return a random graph that the hardware can do, and an array for it."""
    rng = np.random.default_rng(seed)
    while True:
        graph = random_graph(rng, choices)
        shape = random_shape(rng, lanes)
        if _possible(graph, shape):
            return graph, shape, rng


@cache
def random_lowered(seed: int, choices: Choices = ARRAY_ONLY) -> tuple[Lowered, ArrayShape]:
    """Return a random graph as work, and an array for it."""
    graph, shape, _ = random_network(seed, choices)
    return lower(graph, shape.channel_lanes), shape


def _possible(graph: Graph, shape: ArrayShape) -> bool:
    """Whether the hardware can do all of it; it need not for one of the known reasons only."""
    try:
        compile_graph(graph, shape)
    except IsomacError as error:
        if not any(reason in str(error) for reason in REASONS):
            raise
        return False
    return True
