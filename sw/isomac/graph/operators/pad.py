"""A frame of one value around a map."""

from collections.abc import Sequence
from dataclasses import dataclass

from isomac.graph.fields import Int8, Padding
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_same_quantization, require_map


@dataclass(frozen=True, eq=False, kw_only=True)
class Pad(Operation):
    """The map with `value` around it. Same quantization in and out.

    Parameters
    ----------
    padding
        (top, left, bottom, right), of any size.
    value
        The byte that is written there.
    """

    padding: Padding
    value: Int8

    @property
    def label(self) -> str:
        return "pad"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        channels, height, width = require_map(self, input_shapes[0])
        top, left, bottom, right = self.padding
        return channels, top + height + bottom, left + width + right

    def check(self, graph: Graph) -> None:
        super().check(graph)
        check_same_quantization(self, graph)
