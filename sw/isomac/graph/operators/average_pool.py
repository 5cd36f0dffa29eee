"""Mean over a sliding window."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from isomac.graph.fields import Boolean, Extent, Int8, Multiplier, Padding, Rounding, Shift
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import (
    check_accumulator,
    check_clamp,
    largest_distance,
    require_map,
    window_shape,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class AveragePool(Operation):
    """`rescale(sum (x - zp_in))`; 1/N sits in the multiplier, padding counts as zero.

    Parameters
    ----------
    kernel, stride
        (y, x).
    padding
        (top, left, bottom, right), smaller than the kernel.
    multiplier, shift
        The rescaling, the same for all channels and pixels.
    quant_min, quant_max
        The clamp of the result, which holds a folded ReLU.
    rounding
        Of the rescaling, see `isomac.graph.limits.ROUNDINGS`.
    centered
        Whether the zero points are taken off before the sum and put on after the rescaling. If not,
        `clamp(rescale(sum x))` is computed on the bytes as they are, and padding adds nothing: a
        mean of TFLite, which rounds half away from the byte 0.
    """

    kernel: Extent
    stride: Extent
    padding: Padding
    multiplier: Multiplier
    shift: Shift
    quant_min: Int8
    quant_max: Int8
    rounding: Rounding = "single"
    centered: Annotated[bool, Boolean()] = True

    @property
    def label(self) -> str:
        return "average pool"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        channels, *size = require_map(self, input_shapes[0])
        return (
            channels,
            *window_shape(self, size, self.kernel, self.stride, (1, 1), self.padding),
        )

    def check(self, graph: Graph) -> None:
        super().check(graph)
        check_clamp(self)
        pixels = self.kernel[0] * self.kernel[1]
        zero_point = graph.tensor(self.inputs[0]).zero_point if self.centered else 0
        distance = largest_distance(zero_point)
        check_accumulator(self, np.array([pixels * distance]), "pixel")
