"""Golden model of the softmax."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.golden.rescale import rescale
from isomac.graph.graph import Graph
from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.operators.softmax import Softmax


@evaluates(Softmax)
def softmax(operation: Softmax, graph: Graph, operands: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the softmax over the channels of each pixel, int8 (N, C, ...)."""
    x = operands[0].to(torch.int64)
    exponentials = torch.tensor(operation.table)[255 + x - x.amax(dim=1, keepdim=True)]
    sums = exponentials.sum(dim=1, keepdim=True)
    one = torch.tensor(1 << operation.reciprocal_bits)
    return rescale(
        exponentials,
        torch.div(one, sums, rounding_mode="floor"),
        torch.tensor(operation.shift),
        graph.tensor(operation.output).zero_point,
        INT8_MIN,
        INT8_MAX,
    )
