"""Golden model of the addition that aligns its operands first."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.golden.rescale import rescale, scaled
from isomac.graph.graph import Graph
from isomac.graph.operators.aligned_add import AlignedAdd


@evaluates(AlignedAdd)
def aligned_add(
    operation: AlignedAdd, graph: Graph, operands: Sequence[torch.Tensor]
) -> torch.Tensor:
    """Return the rescaled sum of a and the rescaled b, int8 (N, ...)."""
    a, b = (
        operand.to(torch.int64) - graph.tensor(name).zero_point
        for name, operand in zip(operation.inputs, operands, strict=True)
    )
    aligned = scaled(
        b << operation.left_shift_b,
        torch.tensor(operation.multiplier_b),
        torch.tensor(operation.shift_b),
        operation.rounding,
    )
    return rescale(
        (a << operation.left_shift) + aligned,
        torch.tensor(operation.multiplier),
        torch.tensor(operation.shift),
        graph.tensor(operation.output).zero_point,
        operation.quant_min,
        operation.quant_max,
        operation.rounding,
    )
