"""Maximum over a sliding window."""

from collections.abc import Sequence
from dataclasses import dataclass

from isomac.graph.fields import Extent, Int8, Padding
from isomac.graph.graph import Graph
from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_clamp, check_same_quantization, require_map, window_shape


@dataclass(frozen=True, eq=False, kw_only=True)
class MaxPool(Operation):
    """The maximum; padding reads as -128. Same quantization in and out.

    Parameters
    ----------
    kernel, stride, dilation
        (y, x).
    padding
        (top, left, bottom, right), smaller than the dilated kernel.
    quant_min, quant_max
        The clamp of the result, which holds a folded ReLU.
    """

    kernel: Extent
    stride: Extent
    dilation: Extent
    padding: Padding
    quant_min: Int8 = INT8_MIN
    quant_max: Int8 = INT8_MAX

    @property
    def label(self) -> str:
        return "max pool"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        channels, *size = require_map(self, input_shapes[0])
        return (
            channels,
            *window_shape(self, size, self.kernel, self.stride, self.dilation, self.padding),
        )

    def check(self, graph: Graph) -> None:
        super().check(graph)
        check_clamp(self)
        check_same_quantization(self, graph)
