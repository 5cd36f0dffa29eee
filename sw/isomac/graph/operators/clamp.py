"""A ReLU that could not be folded into its producer."""

from collections.abc import Sequence
from dataclasses import dataclass

from isomac.graph.fields import Int8
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_clamp, check_same_quantization


@dataclass(frozen=True, eq=False, kw_only=True)
class Clamp(Operation):
    """`min(max(x, quant_min), quant_max)`. Same quantization in and out.

    Parameters
    ----------
    quant_min, quant_max
        The clamp.
    """

    quant_min: Int8
    quant_max: Int8

    @property
    def label(self) -> str:
        return "clamp"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        return tuple(input_shapes[0])

    def check(self, graph: Graph) -> None:
        super().check(graph)
        check_clamp(self)
        check_same_quantization(self, graph)
