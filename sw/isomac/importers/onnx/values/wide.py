"""Weights of more than 8 bits: what asymmetric ones become when their zero point is taken off.

A weight of 9 bits is the sum of two of 8 bits, and a product with it the sum of two products: the
layer reads its channels twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.tensor import Tensor
from isomac.lowering.builder import Result, Site
from isomac.lowering.moves import concatenate
from isomac.lowering.weighted import Weights, convolution


def split_weights(
    site: Site, operand: Tensor, integers: npt.NDArray[np.integer[Any]], groups: int
) -> tuple[Tensor, npt.NDArray[np.int8]]:
    """Return what the layer reads, and its weights as int8.

    Parameters
    ----------
    operand
        Its input; the scale may differ from that of the tensor of the same name.
    integers
        (O, I / groups, ...).
    """
    if integers.min() >= -128 and integers.max() <= 127:
        return operand, integers.astype(np.int8)
    parts = []
    rest = integers
    while rest.any():
        part = np.clip(rest, -128, 127)
        parts.append(part)
        rest = rest - part
    # The copies of a channel are neighbours, so that each stays in the group of the channel.
    stacked = np.stack(parts, axis=2).reshape(len(integers), -1, *integers.shape[2:])
    copies = len(parts)
    stored = site.builder.find(operand.name)
    name, shape = f"{operand.name}.x{copies}", (operand.shape[0] * copies, *operand.shape[1:])
    output = site.like(name, shape, stored)
    if len(operand.shape) == 3:
        _repeat(site, stored, output, copies)
    else:
        stacked = np.concatenate(parts, axis=1)
        concatenate(site, [stored] * copies, output)
    return replace(output, scale=operand.scale), stacked.astype(np.int8)


def _repeat(site: Site, operand: Tensor, output: Tensor, copies: int) -> None:
    """Append a convolution that writes each channel several times, one copy behind the other."""
    channels = operand.shape[0]
    ones = np.ones((channels * copies, 1, 1, 1), np.int8)
    convolution(
        site,
        operand,
        Result(output),
        Weights(ones, np.ones(len(ones)), None),
        stride=(1, 1),
        dilation=(1, 1),
        padding=(0, 0, 0, 0),
        groups=channels,
    )
