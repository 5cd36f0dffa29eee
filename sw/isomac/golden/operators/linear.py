"""Golden model of the linear layer."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from isomac.golden.registry import evaluates
from isomac.golden.rescale import exact_accumulator, per_channel, rescale
from isomac.graph.graph import Graph
from isomac.graph.operators.linear import Linear


@evaluates(Linear)
def linear(operation: Linear, graph: Graph, operands: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the rescaled sums, int8 (N, O); in float64, which is exact here."""
    (x,) = operands
    centred = x.to(torch.float64) - graph.tensor(operation.inputs[0]).zero_point
    sums = functional.linear(
        centred,
        torch.tensor(operation.weight, dtype=torch.float64),
        torch.tensor(operation.bias, dtype=torch.float64),
    )
    return rescale(
        exact_accumulator(sums),
        per_channel(torch.tensor(operation.multiplier), 2),
        per_channel(torch.tensor(operation.shift), 2),
        graph.tensor(operation.output).zero_point,
        operation.quant_min,
        operation.quant_max,
        operation.rounding,
    )
