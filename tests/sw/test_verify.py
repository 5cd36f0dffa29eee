"""What keeps the rules of the integer graph, and every rule of a whole graph, broken once."""

from dataclasses import replace

import numpy as np
import pytest

from isomac.errors import GraphError
from isomac.graph.graph import Graph
from isomac.graph.operators.reshape import Reshape
from isomac.graph.verify import verify
from tests.sw.small_graphs import after_convolution, convolution, graph, linear, tensor
from tests.sw.small_operations import (
    CONCATENATE,
    RESHAPE,
    adaptive,
    add,
    average_pool,
    clamp,
    max_pool,
    softmax,
)

VECTORS = (tensor("x", (4,)), tensor("y", (2,)))
POOLED = tensor("z", (2, 2, 2))


@pytest.mark.parametrize(
    "case",
    [
        graph(convolution()),
        graph(convolution(weight=np.ones((2, 1, 3, 3), np.int8), groups=2)),
        graph(linear(), tensors=VECTORS),
        after_convolution(max_pool(), POOLED),
        after_convolution(average_pool(), POOLED),
        after_convolution(adaptive(), tensor("z", (2, 2, 1))),
        after_convolution(add()),
        after_convolution(add(inputs=("y", "y"))),
        after_convolution(clamp()),
        after_convolution(CONCATENATE, tensor("z", (4, 4, 4))),
        after_convolution(RESHAPE, tensor("z", (32,))),
        after_convolution(RESHAPE, tensor("z", (8, 1, 4))),
        after_convolution(softmax()),
    ],
    ids=lambda case: case.operations[-1].name,
)
def test_what_keeps_the_rules_is_accepted(case: Graph) -> None:
    verify(case)


class Unknown(Reshape):
    """An operator that is in no file of `graph/operators`."""


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (graph(convolution(), operations=()), "graph 'small' has no operation"),
        (
            replace(graph(convolution()), tensors=(tensor("x"), tensor("y"), tensor("y"))),
            "graph 'small' has two tensors named 'y'",
        ),
        (
            graph(convolution(), convolution(inputs=("y",), output="z")),
            "graph 'small' has two operations named 'convolution'",
        ),
        (
            after_convolution(Unknown(name="unknown", inputs=("y",), output="z")),
            "Unknown 'unknown' is no operator of the integer graph",
        ),
        (graph(convolution(), inputs=("w",)), "graph 'small': input 'w' is no tensor"),
        (graph(convolution(), inputs=("x", "x")), "graph 'small' has two inputs named 'x'"),
        (
            graph(convolution(inputs=("w",))),
            "Convolution 'convolution': input 'w' is no tensor of the graph",
        ),
        (
            graph(convolution(name="late", inputs=("z",)), convolution(output="z")),
            "Convolution 'late': input 'z' is read before it is produced",
        ),
        (
            graph(convolution(), tensors=(tensor("x"), tensor("z")), outputs=("z",)),
            "tensor 'z' is neither an input nor produced",
        ),
        (
            graph(convolution(), convolution(name="again")),
            "Convolution 'again': output 'y' is produced twice",
        ),
        (
            graph(convolution(output="x")),
            "Convolution 'convolution': output 'x' is produced twice",
        ),
        (graph(convolution(), inputs=()), "'convolution': input 'x' is read before"),
        (graph(convolution(), outputs=()), "graph 'small' has no output"),
        (graph(convolution(), outputs=("y", "y")), "graph 'small' has two outputs named 'y'"),
        (graph(convolution(), outputs=("w",)), "graph 'small' has no tensor 'w'"),
        (
            graph(convolution(), outputs=("y", "x")),
            "graph 'small': output 'x' must be produced by an operation",
        ),
        (
            graph(convolution(), inputs=("x", "w"), tensors=(tensor("w"),)),
            "tensor 'w' is neither read nor an output",
        ),
        (
            graph(convolution(), clamp(), outputs=("y",)),
            "tensor 'z' is neither read nor an output",
        ),
    ],
)
def test_rules_of_the_whole_graph(case: Graph, sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        verify(case)
