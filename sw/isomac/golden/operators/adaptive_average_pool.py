"""Golden model of the adaptive average pool."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.golden.rescale import rescale
from isomac.graph.graph import Graph
from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool


@evaluates(AdaptiveAveragePool)
def adaptive_average_pool(
    operation: AdaptiveAveragePool, graph: Graph, operands: Sequence[torch.Tensor]
) -> torch.Tensor:
    """Return the rescaled sums, int8 (N, C, rows, columns)."""
    (x,) = operands
    zero_point = graph.tensor(operation.inputs[0]).zero_point if operation.centered else 0
    centred = x.to(torch.int64) - zero_point
    rows = torch.stack([centred[:, :, a:b].sum(dim=2) for a, b in operation.rows], dim=2)
    sums = torch.stack([rows[..., a:b].sum(dim=3) for a, b in operation.columns], dim=3)
    return rescale(
        sums,
        torch.tensor(operation.multiplier),
        torch.tensor(operation.shift),
        graph.tensor(operation.output).zero_point if operation.centered else 0,
        operation.quant_min,
        operation.quant_max,
        operation.rounding,
    )
