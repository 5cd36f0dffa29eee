"""Golden model of the pad."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from isomac.golden.registry import evaluates
from isomac.graph.graph import Graph
from isomac.graph.operators.pad import Pad


@evaluates(Pad)
def pad(operation: Pad, graph: Graph, operands: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the map with its frame, int8 (N, C, H, W)."""
    (x,) = operands
    top, left, bottom, right = operation.padding
    return functional.pad(x, (left, right, top, bottom), value=operation.value)
