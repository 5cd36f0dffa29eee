"""Operations on single values: sums, changes of scale, tables, clamps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isomac.graph.operators.add import Add
from isomac.graph.operators.clamp import Clamp
from isomac.graph.operators.lookup import Lookup
from isomac.graph.operators.scale import Scale
from isomac.graph.rescale_constants import add_constants
from isomac.graph.tensor import Tensor
from isomac.lowering.builder import Result, Site


def add(site: Site, a: Tensor, b: Tensor, result: Result) -> None:
    """Append the sum of two tensors of the same shape."""
    multipliers, shift = add_constants(
        a.scale, b.scale, result.tensor.scale, site.builder.multiplier_bits
    )
    site.emit(Add, [a, b], result.tensor, multipliers=multipliers, shift=shift, **result.clamp)


def clamp(site: Site, operand: Tensor, result: Result) -> None:
    """Append a clamp; the quantization stays."""
    site.emit(Clamp, [operand], result.tensor, **result.clamp)


def scale(
    site: Site, operand: Tensor, result: Result, gains: npt.NDArray[np.float64] | float = 1.0
) -> None:
    """Append the product with a real factor for each channel, in the scale of the result.

    Parameters
    ----------
    gains
        float64 (C), or one for all channels.
    """
    channels = np.broadcast_to(np.asarray(gains, np.float64), operand.shape[:1])
    # The multiplier holds the magnitude with all its bits, so that the factor is a sign.
    ratios = np.where(channels == 0, 1.0, np.abs(channels) * operand.scale / result.tensor.scale)
    multiplier, shift = site.rescale_all(ratios)
    site.emit(
        Scale,
        [operand],
        result.tensor,
        factor=np.sign(channels).astype(np.int32),
        multiplier=multiplier,
        shift=shift,
        **result.clamp,
    )


def lookup(
    site: Site, operand: Tensor, output: Tensor, function: str, table: npt.NDArray[np.int8]
) -> None:
    """Append a function of one value as a table; see `isomac.graph.operators.lookup`."""
    site.emit(Lookup, [operand], output, function=function, table=table)
