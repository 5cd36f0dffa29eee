"""Golden model of the concatenation."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.graph.graph import Graph
from isomac.graph.operators.concatenate import Concatenate


@evaluates(Concatenate)
def concatenate(
    operation: Concatenate, graph: Graph, operands: Sequence[torch.Tensor]
) -> torch.Tensor:
    """Return the channels side by side, int8 (N, C, ...)."""
    return torch.cat(list(operands), dim=1)
