"""Graphs around one operation, and constants for any number of channels."""

from typing import Any

import numpy as np

from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.convolution import Convolution
from isomac.graph.tensor import Tensor
from tests.sw.small_graphs import convolution, graph, tensor


def layer(
    name: str,
    source: str,
    output: str,
    channels: tuple[int, int],
    kernel: tuple[int, int] = (1, 1),
    **changes: Any,
) -> Convolution:
    """Return a convolution of so many input and output channels with random weights."""
    inputs, outputs = channels
    groups = changes.get("groups", 1)
    rng = np.random.default_rng(inputs * 100 + outputs)
    fields: dict[str, Any] = {
        "name": name,
        "inputs": (source,),
        "output": output,
        "weight": rng.integers(-128, 128, (outputs, inputs // groups, *kernel), np.int8),
        "bias": rng.integers(-3000, 3000, outputs).astype(np.int32),
        "multiplier": rng.integers(2**29, 2**30, outputs),
        "shift": rng.integers(36, 39, outputs),
        "padding": (0, 0, 0, 0),
    }
    return convolution(**{**fields, **changes})


def after_gaps(*operations: Operation, tensors: tuple[Tensor, ...] = (), **changes: Any) -> Graph:
    """Return a graph whose operations may read `c`, six channels of 4 x 4 pixels with gaps.

    It joins `a` and `b` of three channels each, each of which begins with a word of its own.
    """
    before = (
        layer("first", "x", "a", (2, 3)),
        layer("second", "a", "b", (3, 3)),
        Concatenate(name="join", inputs=("a", "b"), output="c"),
    )
    shapes = {"a": (3, 4, 4), "b": (3, 4, 4), "c": (6, 4, 4)}
    given = {item.name for item in tensors}
    more = tuple(tensor(name, shape) for name, shape in shapes.items() if name not in given)
    return graph(*before, *operations, tensors=(*more, *tensors), **changes)
