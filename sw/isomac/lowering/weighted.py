"""Convolutions and linear layers: weights, a bias, a rescaling for each output channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear
from isomac.graph.tensor import Tensor
from isomac.lowering.builder import Result, Site


@dataclass(frozen=True, eq=False)
class Weights:
    """The constants of a layer.

    Members
    -------
    values
        int8 (O, ...), output channel first.
    scales
        float64 (O), the real value of one step of each channel.
    bias
        int32 (O) in steps of operand scale times weight scale; None for all 0.
    """

    values: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float64]
    bias: npt.NDArray[np.int32] | None


def convolution(
    site: Site,
    operand: Tensor,
    result: Result,
    weights: Weights,
    *,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int, int, int],
    groups: int,
) -> None:
    """Append a convolution; see `isomac.graph.operators.convolution`."""
    site.emit(
        Convolution,
        [operand],
        result.tensor,
        **_fields(site, operand, result, weights),
        stride=stride,
        dilation=dilation,
        padding=padding,
        groups=groups,
    )


def linear(site: Site, operand: Tensor, result: Result, weights: Weights) -> None:
    """Append a linear layer on a vector."""
    site.emit(Linear, [operand], result.tensor, **_fields(site, operand, result, weights))


def _fields(site: Site, operand: Tensor, result: Result, weights: Weights) -> dict[str, Any]:
    multiplier, shift = site.rescale_all(operand.scale * weights.scales / result.tensor.scale)
    bias = weights.bias
    return {
        "weight": weights.values,
        "bias": np.zeros(len(weights.values), np.int32) if bias is None else bias,
        "multiplier": multiplier,
        "shift": shift,
        **result.clamp,
    }
