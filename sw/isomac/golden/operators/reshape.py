"""Golden model of the reshape."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.graph.graph import Graph
from isomac.graph.operators.reshape import Reshape


@evaluates(Reshape)
def reshape(operation: Reshape, graph: Graph, operands: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the same values in (C, H, W) order under the shape of the output."""
    (x,) = operands
    return x.reshape(len(x), *graph.tensor(operation.output).shape)
