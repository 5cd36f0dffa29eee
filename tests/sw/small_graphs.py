"""Graphs of one or a few operations, with every field open to a change."""

from typing import Any

import numpy as np

from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear
from isomac.graph.tensor import Tensor


def tensor(name: str, shape: tuple[int, ...] = (2, 4, 4), **changes: Any) -> Tensor:
    """Return a tensor of scale 0.5 and zero point 3."""
    return Tensor(**{"name": name, "shape": shape, "scale": 0.5, "zero_point": 3, **changes})


def convolution(**changes: Any) -> Convolution:
    """Return a 3x3 convolution of 2 to 2 channels that keeps the size, from `x` to `y`."""
    fields = {
        "name": "convolution",
        "inputs": ("x",),
        "output": "y",
        "weight": np.arange(36, dtype=np.int8).reshape(2, 2, 3, 3) - 18,
        "bias": np.array([100, -100], np.int32),
        "multiplier": np.array([2**30, 2**31 - 1], np.int64),
        "shift": np.array([36, 37], np.int64),
        "stride": (1, 1),
        "dilation": (1, 1),
        "padding": (1, 1, 1, 1),
        "groups": 1,
        "quant_min": -128,
        "quant_max": 127,
    }
    return Convolution(**{**fields, **changes})


def linear(**changes: Any) -> Linear:
    """Return a linear layer of 4 to 2 features, from `x` to `y`."""
    fields = {
        "name": "linear",
        "inputs": ("x",),
        "output": "y",
        "weight": np.arange(8, dtype=np.int8).reshape(2, 4) - 4,
        "bias": np.array([1, 2], np.int32),
        "multiplier": np.array([2**30, 2**30], np.int64),
        "shift": np.array([36, 36], np.int64),
        "quant_min": -128,
        "quant_max": 127,
    }
    return Linear(**{**fields, **changes})


def graph(*operations: Operation, tensors: tuple[Tensor, ...] = (), **changes: Any) -> Graph:
    """Return a graph from `x` to the output of the last operation.

    Tensors that are not given are `tensor(name)`.
    """
    given = {tensor.name: tensor for tensor in tensors}
    names = dict.fromkeys(("x", *(operation.output for operation in operations), *given))
    fields = {
        "name": "small",
        "tensors": tuple(given.get(name) or tensor(name) for name in names),
        "operations": operations,
        "inputs": ("x",),
        "outputs": (operations[-1].output,),
    }
    return Graph(**{**fields, **changes})


def after_convolution(operation: Operation, *tensors: Tensor) -> Graph:
    """Return a graph of a convolution from `x` to `y` and `operation`, which reads `y`."""
    return graph(convolution(), operation, tensors=tensors)
