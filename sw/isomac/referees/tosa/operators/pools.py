"""Pools: MAX_POOL2D, and means as sums that are rescaled.

TOSA's own AVG_POOL2D has a recipe of its own for 1/N, which is not what TFLite or PyTorch compute.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isomac.graph.graph import Graph
from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.max_pool import MaxPool
from isomac.referees.tosa.network import Network, NotExpressible, Value
from isomac.referees.tosa.registry import expresses
from isomac.referees.tosa.windows import fit


@expresses(MaxPool)
def max_pool(
    network: Network, operation: MaxPool, graph: Graph, operands: Sequence[Value]
) -> Value:
    """Return the largest value of each window."""
    if operation.dilation != (1, 1):
        raise NotExpressible("MAX_POOL2D has no dilation")
    x, pads, size = fit(
        network, operands[0], operation.kernel, operation.stride, (1, 1), operation.padding
    )
    settings = (list(operation.kernel), list(operation.stride), pads, network.ignored_nan())
    shape = (x.shape[0], *size, x.shape[3])
    y = network.node("MAX_POOL2D", (x,), shape, "INT8", *settings)
    return network.clamp(y, operation.quant_min, operation.quant_max)


@expresses(AveragePool)
def average_pool(
    network: Network, operation: AveragePool, graph: Graph, operands: Sequence[Value]
) -> Value:
    """Return the rescaled sum of each window: a depthwise convolution with weights 1."""
    zero_in, zero_out = _zero_points(operation, graph)
    x, pads, size = fit(
        network, operands[0], operation.kernel, operation.stride, (1, 1), operation.padding
    )
    channels = x.shape[3]
    inputs = (
        x,
        network.constant(np.ones((*operation.kernel, channels, 1), np.int8), "INT8"),
        network.constant(np.zeros(channels, np.int32), "INT32"),
        network.constant([zero_in], "INT8"),
        network.constant([0], "INT8"),
    )
    settings = (pads, list(operation.stride), [1, 1], False, network.accumulator())
    shape = (x.shape[0], *size, channels)
    sums = network.node("DEPTHWISE_CONV2D", inputs, shape, "INT32", *settings)
    y = network.rescale(
        sums,
        operation.multiplier,
        operation.shift,
        rounding=operation.rounding,
        zero_out=zero_out,
    )
    return network.clamp(y, operation.quant_min, operation.quant_max)


@expresses(AdaptiveAveragePool)
def adaptive_average_pool(
    network: Network, operation: AdaptiveAveragePool, graph: Graph, operands: Sequence[Value]
) -> Value:
    """Return the rescaled sum of each window: sums of slices, rows first."""
    zero_in, zero_out = _zero_points(operation, graph)
    sums = network.widen(operands[0], zero_in)
    for axis, spans in ((1, operation.rows), (2, operation.columns)):
        parts = []
        for start, stop in spans:
            begin, size = [0] * 4, list(sums.shape)
            begin[axis], size[axis] = start, stop - start
            parts.append(network.reduce("REDUCE_SUM", network.slice(sums, begin, size), axis))
        sums = network.concatenate(parts, axis)
    # A RESCALE has constants for the last dimension only: that of the pixels, then.
    batch, height, width, channels = sums.shape
    pixels = network.reshape(
        network.transpose(sums, (0, 3, 1, 2)), (batch, channels, height * width)
    )
    y = network.rescale(
        pixels,
        operation.multiplier.ravel(),
        operation.shift.ravel(),
        rounding=operation.rounding,
        zero_out=zero_out,
    )
    y = network.reshape(y, (batch, channels, height, width))
    y = network.transpose(y, (0, 2, 3, 1))
    return network.clamp(y, operation.quant_min, operation.quant_max)


def _zero_points(operation: AveragePool | AdaptiveAveragePool, graph: Graph) -> tuple[int, int]:
    if not operation.centered:
        return 0, 0
    return (
        graph.tensor(operation.inputs[0]).zero_point,
        graph.tensor(operation.output).zero_point,
    )
