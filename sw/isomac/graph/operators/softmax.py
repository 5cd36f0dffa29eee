"""Softmax over the channels, with a table for the exponential and one division for each pixel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from isomac.errors import GraphError
from isomac.graph.fields import Array, Integer, Shift
from isomac.graph.graph import Graph
from isomac.graph.limits import RECIPROCAL_BITS_MAX, SOFTMAX_TABLE_MAX
from isomac.graph.operation import Operation, Shape

#: Quantization of the output and constants that go with `softmax_table`.
SOFTMAX_SCALE = 1 / 256
SOFTMAX_ZERO_POINT = -128
SOFTMAX_RECIPROCAL_BITS = 32
SOFTMAX_SHIFT = 24


@dataclass(frozen=True, eq=False, kw_only=True)
class Softmax(Operation):
    """Softmax over the channels of each pixel.

    With `e_i = table[255 + x_i - max(x)]`, `S = sum e_i` and `r = (1 << reciprocal_bits) // S`:
    `y_i = clamp(((e_i * r + (1 << (shift - 1))) >> shift) + zp_out, -128, 127)`.

    Parameters
    ----------
    table
        int64 (256), entries in [0, 65536]; entry 255 is at least 1, so that S is never 0.
    reciprocal_bits
        Fractional bits of the reciprocal.
    shift
        Bits shifted out of the product.
    """

    table: Annotated[npt.NDArray[np.int64], Array("int64", 1, 0, SOFTMAX_TABLE_MAX, (256,))]
    reciprocal_bits: Annotated[int, Integer(1, RECIPROCAL_BITS_MAX)]
    shift: Shift

    @property
    def label(self) -> str:
        return "softmax"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        return tuple(input_shapes[0])

    def check(self, graph: Graph) -> None:
        super().check(graph)
        if self.table[255] < 1:
            raise GraphError(f"{self}: table[255] must be at least 1, it is the smallest divisor")


def softmax_table(scale: float) -> npt.NDArray[np.int64]:
    """Return the table of exponentials for inputs of this scale.

    Entry d is `round(2**16 * exp(-(255 - d) * scale))`. It goes with `SOFTMAX_RECIPROCAL_BITS`,
    `SOFTMAX_SHIFT` and an output of `SOFTMAX_SCALE` and `SOFTMAX_ZERO_POINT`.

    Raises
    ------
    GraphError
        If `scale` is not positive and finite.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise GraphError(f"the scale of a softmax input must be positive and finite, not {scale!r}")
    entries = [round(SOFTMAX_TABLE_MAX * math.exp(-(255 - d) * scale)) for d in range(256)]
    return np.array(entries, np.int64)
