"""Golden model of the average pool."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from isomac.golden.registry import evaluates
from isomac.golden.rescale import exact_accumulator, rescale
from isomac.graph.graph import Graph
from isomac.graph.operators.average_pool import AveragePool


@evaluates(AveragePool)
def average_pool(
    operation: AveragePool, graph: Graph, operands: Sequence[torch.Tensor]
) -> torch.Tensor:
    """Return the rescaled sums, int8 (N, C, H, W)."""
    (x,) = operands
    zero_point = graph.tensor(operation.inputs[0]).zero_point if operation.centered else 0
    centred = x.to(torch.float64) - zero_point
    top, left, bottom, right = operation.padding
    padded = functional.pad(centred, (left, right, top, bottom))
    sums = functional.avg_pool2d(padded, operation.kernel, operation.stride, divisor_override=1)
    return rescale(
        exact_accumulator(sums),
        torch.tensor(operation.multiplier),
        torch.tensor(operation.shift),
        graph.tensor(operation.output).zero_point if operation.centered else 0,
        operation.quant_min,
        operation.quant_max,
        operation.rounding,
    )
