"""Golden model of the product with a constant."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.golden.rescale import per_channel, rescale
from isomac.graph.graph import Graph
from isomac.graph.operators.scale import Scale


@evaluates(Scale)
def scale(operation: Scale, graph: Graph, operands: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the rescaled products, int8 (N, C, ...)."""
    (x,) = operands
    centred = x.to(torch.int64) - graph.tensor(operation.inputs[0]).zero_point
    factor = torch.tensor(operation.factor, dtype=torch.int64)
    return rescale(
        centred * per_channel(factor, x.ndim),
        per_channel(torch.tensor(operation.multiplier), x.ndim),
        per_channel(torch.tensor(operation.shift), x.ndim),
        graph.tensor(operation.output).zero_point,
        operation.quant_min,
        operation.quant_max,
        operation.rounding,
    )
