"""How large the sums of a convolution or a linear layer can become.

The hardware accumulates raw bytes, `sum w * x`, and adds `bias' = bias - zero_point * sum w` at the
end, which is the same as `bias + sum w * (x - zero_point)`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.rules import largest_distance


@dataclass(frozen=True, eq=False)
class AccumulatorRange:
    """Exact extremes over all int8 inputs, int64 (O) each.

    Members
    -------
    raw_min, raw_max
        Of `sum w * x`. Since 0 lies between the extremes of every single product, every partial sum
        lies within them too, in whatever order the products are added.
    bias
        `bias - zero_point * sum w`.
    total_min, total_max
        Of `bias + sum w * (x - zero_point)`, that is raw sum plus `bias` of this class.
    """

    raw_min: npt.NDArray[np.int64]
    raw_max: npt.NDArray[np.int64]
    bias: npt.NDArray[np.int64]
    total_min: npt.NDArray[np.int64]
    total_max: npt.NDArray[np.int64]

    @property
    def raw_bits(self) -> int:
        """Smallest width of a signed register that holds the raw sum of every channel."""
        return signed_bits(int(self.raw_min.min()), int(self.raw_max.max()))

    @property
    def total_bits(self) -> int:
        """Smallest width of a signed register that holds the sum with bias of every channel."""
        return signed_bits(int(self.total_min.min()), int(self.total_max.max()))


def accumulator_range(
    weight: npt.NDArray[np.int8], bias: npt.NDArray[np.int32], zero_point: int
) -> AccumulatorRange:
    """Return the exact extremes of the sums of every output channel.

    Parameters
    ----------
    weight
        int8 (O, ...), output channel first.
    bias
        int32 (O).
    zero_point
        Of the input, which padding reads as.
    """
    rows = weight.reshape(len(weight), -1).astype(np.int64)
    positive = np.where(rows > 0, rows, 0).sum(axis=1)
    negative = np.where(rows < 0, rows, 0).sum(axis=1)
    raw_min = positive * INT8_MIN + negative * INT8_MAX
    raw_max = positive * INT8_MAX + negative * INT8_MIN
    folded = bias.astype(np.int64) - zero_point * (positive + negative)
    return AccumulatorRange(raw_min, raw_max, folded, raw_min + folded, raw_max + folded)


def accumulator_magnitude(
    weight: npt.NDArray[np.int8], bias: npt.NDArray[np.int32], zero_point: int
) -> npt.NDArray[np.int64]:
    """Return `|bias| + sum |w| * max |x - zero_point|` of every output channel, int64 (O).

    It bounds every partial sum in every order, with the bias first or last.
    """
    magnitude = np.abs(weight.reshape(len(weight), -1).astype(np.int64)).sum(axis=1)
    bound: npt.NDArray[np.int64] = np.abs(bias.astype(np.int64)) + magnitude * largest_distance(
        zero_point
    )
    return bound


def signed_bits(low: int, high: int) -> int:
    """Return the smallest width of a two's complement number that holds [low, high]."""
    return max((~low).bit_length() if low < 0 else 0, high.bit_length() if high > 0 else 0) + 1
