"""Golden model of the clamp."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.graph.graph import Graph
from isomac.graph.operators.clamp import Clamp


@evaluates(Clamp)
def clamp(operation: Clamp, graph: Graph, operands: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the clamped values, int8 (N, ...)."""
    (x,) = operands
    return torch.clamp(x, operation.quant_min, operation.quant_max)
