"""What moves values and computes none: PAD, CONCAT, RESHAPE."""

from __future__ import annotations

from collections.abc import Sequence

from isomac.graph.graph import Graph
from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.pad import Pad
from isomac.graph.operators.reshape import Reshape
from isomac.referees.tosa.network import Network, Value
from isomac.referees.tosa.registry import expresses


@expresses(Pad)
def pad(network: Network, operation: Pad, graph: Graph, operands: Sequence[Value]) -> Value:
    """Return a map with a frame around it."""
    (x,) = operands
    top, left, bottom, right = operation.padding
    batch, height, width, channels = x.shape
    shape = (batch, height + top + bottom, width + left + right, channels)
    sizes = network.shape([0, 0, top, bottom, left, right, 0, 0])
    value = network.constant([operation.value], "INT8")
    return network.node("PAD", (x, sizes, value), shape, "INT8")


@expresses(Concatenate)
def concatenate(
    network: Network, operation: Concatenate, graph: Graph, operands: Sequence[Value]
) -> Value:
    """Return the channels of several maps side by side."""
    return network.concatenate(operands, 3)


@expresses(Reshape)
def reshape(network: Network, operation: Reshape, graph: Graph, operands: Sequence[Value]) -> Value:
    """Return the values in the order (C, H, W) under another shape."""
    values = network.transpose(operands[0], (0, 3, 1, 2))
    shape = graph.tensor(operation.output).shape
    channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
    values = network.reshape(values, (values.shape[0], channels, height, width))
    return network.transpose(values, (0, 2, 3, 1))
