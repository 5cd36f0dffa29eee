"""The same network with other channel counts, to see what the change would cost or save.

Channels cannot be changed for one tensor alone: whatever is added to it, pooled from it, or goes
through it channel by channel has as many. The weights of further channels are copies; only their
number matters to the cycles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.add import Add
from isomac.graph.operators.aligned_add import AlignedAdd
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.clamp import Clamp
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear
from isomac.graph.operators.lookup import Lookup
from isomac.graph.operators.max_pool import MaxPool
from isomac.graph.operators.pad import Pad
from isomac.graph.operators.reshape import Reshape
from isomac.graph.operators.scale import Scale

#: Operations that have an output channel for each input channel.
_CHANNELWISE = (
    *(MaxPool, AveragePool, AdaptiveAveragePool, Add, AlignedAdd, Clamp, Lookup, Pad, Scale),
)


def tied(graph: Graph, tensor: str) -> frozenset[str] | None:
    """Return the tensors that have as many channels as `tensor` by necessity.

    None if the network does not leave their number free: an input or an output of the graph is
    among them, or an operation whose channels are not simply those of its input.
    """
    found, waiting = {tensor}, [tensor]
    while waiting:
        name = waiting.pop()
        if name in graph.inputs or name in graph.outputs:
            return None
        producer = graph.producer(name)
        assert producer is not None
        for operation in (producer, *graph.consumers(name)):
            role = _role(graph, operation)
            if role is None:
                return None
            if role == "tied":
                fresh = {*operation.inputs, operation.output} - found
                found |= fresh
                waiting += sorted(fresh)
    return frozenset(found)


def with_channels(graph: Graph, tensors: frozenset[str], channels: int) -> Graph:
    """Return the network in which these tensors, which are tied, have so many channels."""
    operations = tuple(_changed(operation, tensors, channels) for operation in graph.operations)
    return Graph(
        name=graph.name,
        tensors=tuple(
            replace(tensor, shape=(channels, *tensor.shape[1:]))
            if tensor.name in tensors
            else tensor
            for tensor in graph.tensors
        ),
        operations=operations,
        inputs=graph.inputs,
        outputs=graph.outputs,
    )


def _role(graph: Graph, operation: Operation) -> str | None:
    """`tied` if input and output have the same channels, `free` if not, None if it is neither."""
    if isinstance(operation, _CHANNELWISE) or _is_depthwise(operation):
        return "tied"
    if isinstance(operation, Convolution):
        return "free" if operation.groups == 1 else None
    if isinstance(operation, Linear):
        return "free"
    if isinstance(operation, Reshape):
        shapes = [graph.tensor(name).shape for name in (*operation.inputs, operation.output)]
        return "tied" if all(shape[1:] in ((), (1, 1)) for shape in shapes) else None
    return None


def _is_depthwise(operation: Operation) -> bool:
    return (
        isinstance(operation, Convolution)
        and operation.depthwise
        and len(operation.weight) == operation.groups
    )


def _changed(operation: Operation, tensors: frozenset[str], channels: int) -> Operation:
    fields: dict[str, Any] = {}
    reads = any(name in tensors for name in operation.inputs)
    writes = operation.output in tensors
    if isinstance(operation, (Convolution, Linear)):
        weight = operation.weight
        if writes:
            weight = _resized(weight, 0, channels)
            for name in ("bias", "multiplier", "shift"):
                fields[name] = _resized(getattr(operation, name), 0, channels)
        if _is_depthwise(operation):
            if writes:
                fields["groups"] = channels
        elif reads:
            weight = _resized(weight, 1, channels)
        if reads or writes:
            fields["weight"] = weight
    elif isinstance(operation, Scale) and writes:
        for name in ("factor", "multiplier", "shift"):
            fields[name] = _resized(getattr(operation, name), 0, channels)
    return replace(operation, **fields) if fields else operation


def _resized(array: Any, axis: int, length: int) -> Any:
    """The array with so many entries along an axis, the first ones again where they end."""
    return np.ascontiguousarray(np.take(array, np.arange(length) % array.shape[axis], axis=axis))
