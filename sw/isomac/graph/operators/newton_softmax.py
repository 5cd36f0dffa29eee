"""Softmax over the channels in the fixed-point arithmetic of TFLite's reference kernel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from isomac.errors import GraphError
from isomac.graph.fields import Array
from isomac.graph.graph import Graph
from isomac.graph.limits import EXPONENTIAL_MAX
from isomac.graph.operation import Operation, Shape

#: Bits that an exponential loses before it is added up, and the fractional bits of their sum.
SUM_SHIFT = 12
SUM_FRACTION = 19

#: Most channels: their sum must stay below 2**31.
CHANNELS_MAX = (1 << (31 - SUM_FRACTION)) - 1


@dataclass(frozen=True, eq=False, kw_only=True)
class NewtonSoftmax(Operation):
    """Softmax over the channels of each pixel, with the reciprocal by Newton's iteration.

    With `e_i = table[255 + x_i - max(x)]`, `S = sum ((e_i + 2**11) >> 12)`, `k` the leading zeros
    of S in 32 bits, and `r` the reciprocal of `S * 2**k / 2**31` in three steps of Newton's
    iteration with 31 bits (docs/integer-graph.md has them):
    `y_i = clamp(((e_i * r + 2**30 + 2**s) >> (s + 1)) - 128, -128, 127)` with `s = 65 - k`. This is
    TFLite's reference kernel; the scale of the output is 1/256, its zero point -128.

    Parameters
    ----------
    table
        int64 (256), exponentials with 31 fractional bits, entries in [0, 2**31); entry 255 stands
        for 1.0 and is at least `2**31 - 2**11`.
    """

    table: Annotated[npt.NDArray[np.int64], Array("int64", 1, 0, EXPONENTIAL_MAX, (256,))]

    @property
    def label(self) -> str:
        return "softmax"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        return tuple(input_shapes[0])

    def check(self, graph: Graph) -> None:
        super().check(graph)
        least = (1 << 31) - (1 << (SUM_SHIFT - 1))
        if self.table[255] < least:
            raise GraphError(
                f"{self}: table[255] stands for 1.0, it must be at least {least},"
                f" not {self.table[255]}"
            )
        channels = graph.tensor(self.output).shape[0]
        if channels > CHANNELS_MAX:
            raise GraphError(f"{self} has {channels} channels, at most {CHANNELS_MAX} are accepted")
        zero_point = graph.tensor(self.output).zero_point
        if zero_point != -128:
            raise GraphError(f"{self}: the zero point of the output must be -128, not {zero_point}")
