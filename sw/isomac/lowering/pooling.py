"""Pools: the maximum or the mean of windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.max_pool import MaxPool
from isomac.graph.tensor import Tensor
from isomac.lowering.builder import Result, Site

#: (start, stop) of a window along one axis.
Span = tuple[int, int]


def max_pool(
    site: Site,
    operand: Tensor,
    output: Tensor,
    *,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int, int, int],
) -> None:
    """Append a max pool."""
    site.emit(
        MaxPool,
        [operand],
        output,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=padding,
    )


def average_pool(
    site: Site,
    operand: Tensor,
    result: Result,
    *,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    divisor: int,
) -> None:
    """Append an average pool whose windows all have the same divisor; padding counts as zero."""
    multiplier, shift = site.rescale(operand.scale / result.tensor.scale / divisor)
    site.emit(
        AveragePool,
        [operand],
        result.tensor,
        kernel=kernel,
        stride=stride,
        padding=padding,
        multiplier=multiplier,
        shift=shift,
        **result.clamp,
    )


def average_windows(
    site: Site,
    operand: Tensor,
    result: Result,
    *,
    rows: Sequence[Span],
    columns: Sequence[Span],
    divisors: npt.NDArray[np.int64],
) -> None:
    """Append an average pool with a window and a divisor of its own for each output pixel.

    Parameters
    ----------
    rows, columns
        The window of each output row and column, within the map.
    divisors
        int64 (rows, columns).
    """
    multiplier, shift = site.rescale_all(operand.scale / result.tensor.scale / divisors)
    site.emit(
        AdaptiveAveragePool,
        [operand],
        result.tensor,
        rows=tuple(rows),
        columns=tuple(columns),
        multiplier=multiplier,
        shift=shift,
        **result.clamp,
    )
