"""Convolutions and linear layers: CONV2D or DEPTHWISE_CONV2D, RESCALE and CLAMP."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isomac.graph.graph import Graph
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear
from isomac.referees.tosa.network import Network, Value
from isomac.referees.tosa.registry import expresses
from isomac.referees.tosa.windows import fit


@expresses(Convolution)
def convolution(
    network: Network, operation: Convolution, graph: Graph, operands: Sequence[Value]
) -> Value:
    """Return a convolution; groups become convolutions side by side."""
    kernel = operation.weight.shape[2:]
    x, pads, size = fit(
        network, operands[0], kernel, operation.stride, operation.dilation, operation.padding
    )
    windows = (pads, list(operation.stride), list(operation.dilation))
    settings = (*windows, False, network.accumulator())
    zeros = (
        network.constant([graph.tensor(operation.inputs[0]).zero_point], "INT8"),
        network.constant([0], "INT8"),
    )
    channels, outputs = x.shape[3], len(operation.bias)
    if operation.depthwise:
        # (O, 1, kh, kw), with all outputs of a channel together, to (kh, kw, C, M).
        weight = operation.weight.reshape(channels, -1, *kernel).transpose(2, 3, 0, 1)
        constants = (network.constant(weight, "INT8"), network.constant(operation.bias, "INT32"))
        shape = (x.shape[0], *size, outputs)
        inputs = (x, *constants, *zeros)
        sums = network.node("DEPTHWISE_CONV2D", inputs, shape, "INT32", *settings)
    else:
        share, step = outputs // operation.groups, channels // operation.groups
        parts = []
        for group in range(operation.groups):
            own = slice(group * share, (group + 1) * share)
            constants = (
                network.constant(operation.weight[own].transpose(0, 2, 3, 1), "INT8"),
                network.constant(operation.bias[own], "INT32"),
            )
            part = network.slice(x, [0, 0, 0, group * step], [*x.shape[:3], step])
            shape = (x.shape[0], *size, share)
            inputs = (part, *constants, *zeros)
            parts.append(network.node("CONV2D", inputs, shape, "INT32", *settings))
        sums = network.concatenate(parts, 3)
    return _rescaled(network, operation, graph, sums)


@expresses(Linear)
def linear(network: Network, operation: Linear, graph: Graph, operands: Sequence[Value]) -> Value:
    """Return a linear layer, a convolution of one pixel."""
    inputs = (
        operands[0],
        network.constant(operation.weight[:, np.newaxis, np.newaxis], "INT8"),
        network.constant(operation.bias, "INT32"),
        network.constant([graph.tensor(operation.inputs[0]).zero_point], "INT8"),
        network.constant([0], "INT8"),
    )
    shape = (operands[0].shape[0], 1, 1, len(operation.bias))
    settings = ([0] * 4, [1, 1], [1, 1], False, network.accumulator())
    sums = network.node("CONV2D", inputs, shape, "INT32", *settings)
    return _rescaled(network, operation, graph, sums)


def _rescaled(
    network: Network, operation: Convolution | Linear, graph: Graph, sums: Value
) -> Value:
    y = network.rescale(
        sums,
        operation.multiplier,
        operation.shift,
        rounding=operation.rounding,
        zero_out=graph.tensor(operation.output).zero_point,
    )
    return network.clamp(y, operation.quant_min, operation.quant_max)
