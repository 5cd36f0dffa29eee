"""Golden model of the table."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.graph.graph import Graph
from isomac.graph.operators.lookup import Lookup


@evaluates(Lookup)
def lookup(operation: Lookup, graph: Graph, operands: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the entries for the values, int8 (N, ...)."""
    (x,) = operands
    return torch.tensor(operation.table)[x.to(torch.int64) + 128]
