"""Golden model of the convolution."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from isomac.golden.registry import evaluates
from isomac.golden.rescale import exact_accumulator, per_channel, rescale
from isomac.graph.graph import Graph
from isomac.graph.operators.convolution import Convolution


@evaluates(Convolution)
def convolution(
    operation: Convolution, graph: Graph, operands: Sequence[torch.Tensor]
) -> torch.Tensor:
    """Return the rescaled sums, int8 (N, O, H, W).

    In float64, which is exact here and fast; on int8 tensors PyTorch's convolution would wrap.
    """
    (x,) = operands
    centred = x.to(torch.float64) - graph.tensor(operation.inputs[0]).zero_point
    top, left, bottom, right = operation.padding
    # After the zero point is taken off, padding with zeros is padding with the zero point.
    padded = functional.pad(centred, (left, right, top, bottom))
    sums = functional.conv2d(
        padded,
        torch.tensor(operation.weight, dtype=torch.float64),
        stride=operation.stride,
        dilation=operation.dilation,
        groups=operation.groups,
    )
    bias = torch.tensor(operation.bias, dtype=torch.float64)
    return rescale(
        exact_accumulator(sums + per_channel(bias, 4)),
        per_channel(torch.tensor(operation.multiplier), 4),
        per_channel(torch.tensor(operation.shift), 4),
        graph.tensor(operation.output).zero_point,
        operation.quant_min,
        operation.quant_max,
        operation.rounding,
    )
