"""The networks of the sweep: those of the benchmark suite, and small ones for small devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
import torch
from torch import nn

from isomac.bench.layers import conv
from isomac.bench.registry import BenchNetwork, networks
from isomac.bench.samples import images
from isomac.errors import IsomacError
from isomac.frontend import quantize
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.graph.operators.add import Add
from isomac.graph.operators.aligned_add import AlignedAdd
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear
from isomac.graph.operators.lookup import Lookup
from isomac.graph.operators.newton_softmax import NewtonSoftmax
from isomac.graph.operators.softmax import Softmax


class Residual(nn.Module):
    """A convolution beside the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = conv(channels, channels, 3, relu=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the sum of both ways."""
        return torch.relu(x + self.convolution(x))


def _tiny_dense() -> nn.Module:
    return nn.Sequential(conv(1, 4, 3), conv(4, 8, 3, 2), nn.Flatten(), nn.Linear(128, 10))


def _tiny_separable() -> nn.Module:
    return nn.Sequential(
        conv(1, 8, 3, 2),
        conv(8, 8, 3, groups=8),
        conv(8, 16, 1),
        nn.AvgPool2d(4),
        nn.Flatten(),
        nn.Linear(16, 6),
        nn.Softmax(1),
    )


def _tiny_residual() -> nn.Module:
    return nn.Sequential(
        conv(1, 8, 3), nn.MaxPool2d(2), Residual(8), nn.Flatten(), nn.Linear(128, 4)
    )


def _tiny_gate() -> nn.Module:
    """What looks like a pool of one pixel becomes a function of one value, see `graph_of`."""
    return nn.Sequential(
        conv(1, 8, 3, 2, relu=False),
        nn.AvgPool2d(1),
        conv(8, 8, 3, relu=False),
        nn.AvgPool2d(1),
        nn.Flatten(),
        nn.Linear(128, 4),
    )


def _tiny_tflite() -> nn.Module:
    return nn.Sequential(
        conv(1, 8, 3),
        nn.AvgPool2d(2),
        Residual(8),
        nn.Flatten(),
        nn.Linear(128, 4),
        nn.Softmax(1),
    )


def _demo() -> nn.Module:
    """The layers of the demo, examples/fashion_cnn."""
    return nn.Sequential(
        conv(1, 16, 3),
        conv(16, 16, 3, 2, groups=16),
        conv(16, 32, 1),
        Residual(32),
        nn.MaxPool2d(2),
        conv(32, 64, 3),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def _network(topology: Callable[[], nn.Module], title: str, size: int = 8) -> BenchNetwork:
    key = topology.__name__.removeprefix("_")
    samples = partial(images, channels=1, height=size, width=size)
    return BenchNetwork(key, title, topology, samples)


@cache
def sweep_networks() -> dict[str, BenchNetwork]:
    """Return the networks by key."""
    own = (
        _network(_tiny_dense, "two convolutions and a linear layer"),
        _network(_tiny_separable, "depthwise and pointwise convolutions, softmax"),
        _network(_tiny_residual, "a residual block behind a maximum pool"),
        _network(_tiny_gate, "functions of one value"),
        _network(_tiny_tflite, "a residual block and softmax in the arithmetic of TFLite"),
        _network(_demo, "the layers of the demo", 28),
    )
    return networks() | {network.key: network for network in own}


@cache
def graph_of(key: str) -> Graph:
    """Return the integer graph of a network.

    Raises
    ------
    IsomacError
        If there is no such network.
    """
    found = sweep_networks()
    if key not in found:
        raise IsomacError(f"the sweep has the networks {', '.join(found)}, not {key!r}")
    entry = found[key]
    graph = quantize(entry.build(), entry.calibration(), name=key)
    if key == "tiny_gate":
        return replace(graph, operations=tuple(map(_with_table, graph.operations)))
    return in_tflite_arithmetic(graph) if key == "tiny_tflite" else graph


def _with_table(operation: Operation) -> Operation:
    if not isinstance(operation, AveragePool):
        return operation
    seed = sum(operation.name.encode())
    table = np.random.default_rng(seed).permutation(np.arange(-128, 128, dtype=np.int8))
    return Lookup(
        name=operation.name,
        inputs=operation.inputs,
        output=operation.output,
        source=operation.source,
        function="a permutation",
        table=table,
    )


def in_tflite_arithmetic(graph: Graph) -> Graph:
    """Return a graph with the operations that TFLite has in the place of one's own.

    Widths are those of imported networks; what is computed has no meaning.
    """
    tensors = tuple(
        replace(tensor, scale=1 / 256, zero_point=-128)
        if any(tensor.name == o.output for o in graph.operations if isinstance(o, Softmax))
        else tensor
        for tensor in graph.tensors
    )
    return replace(graph, tensors=tensors, operations=tuple(map(_as_tflite, graph.operations)))


def _as_tflite(operation: Operation) -> Operation:
    if isinstance(operation, Convolution | Linear):
        return replace(operation, rounding="double")
    if isinstance(operation, Add):
        return AlignedAdd(
            name=operation.name,
            inputs=operation.inputs,
            output=operation.output,
            source=operation.source,
            left_shift=20,
            left_shift_b=20,
            multiplier_b=1_717_986_918,
            shift_b=32,
            multiplier=1_300_000_001,
            shift=50,
            quant_min=operation.quant_min,
            quant_max=operation.quant_max,
            rounding="double",
        )
    if isinstance(operation, Softmax):
        exponentials = np.round(2.0**31 * np.exp(np.arange(-255, 1) / 16)).astype(np.int64)
        return NewtonSoftmax(
            name=operation.name,
            inputs=operation.inputs,
            output=operation.output,
            source=operation.source,
            table=np.minimum(exponentials, 2**31 - 1),
        )
    return operation
