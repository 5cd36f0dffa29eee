"""Golden model of the addition."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.golden.rescale import rescale
from isomac.graph.graph import Graph
from isomac.graph.operators.add import Add


@evaluates(Add)
def add(operation: Add, graph: Graph, operands: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the sum of both operands, each times its multiplier, rounded once; int8 (N, ...)."""
    total = torch.zeros(operands[0].shape, dtype=torch.int64)
    for name, operand, multiplier in zip(
        operation.inputs, operands, operation.multipliers, strict=True
    ):
        total += (operand.to(torch.int64) - graph.tensor(name).zero_point) * multiplier
    return rescale(
        total,
        torch.tensor(1),
        torch.tensor(operation.shift),
        graph.tensor(operation.output).zero_point,
        operation.quant_min,
        operation.quant_max,
    )
