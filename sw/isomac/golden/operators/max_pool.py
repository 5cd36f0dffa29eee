"""Golden model of the max pool."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from isomac.golden.registry import evaluates
from isomac.graph.graph import Graph
from isomac.graph.limits import INT8_MIN
from isomac.graph.operators.max_pool import MaxPool


@evaluates(MaxPool)
def max_pool(operation: MaxPool, graph: Graph, operands: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the maxima, int8 (N, C, H, W)."""
    (x,) = operands
    top, left, bottom, right = operation.padding
    # PyTorch pads pools by the same amount on both sides only, and pools no int8.
    padded = functional.pad(x.to(torch.float32), (left, right, top, bottom), value=INT8_MIN)
    maxima = functional.max_pool2d(
        padded, operation.kernel, operation.stride, dilation=operation.dilation
    )
    return torch.clamp(maxima, operation.quant_min, operation.quant_max).to(torch.int8)
