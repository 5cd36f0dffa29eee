"""The same values under another shape."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from isomac.errors import GraphError
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_same_quantization


@dataclass(frozen=True, eq=False, kw_only=True)
class Reshape(Operation):
    """The same values in (C, H, W) order; the output tensor states the shape.

    Same quantization in and out.
    """

    @property
    def label(self) -> str:
        return "reshape"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        """Return the flat shape (F,), which a reshape has unless its output states another one."""
        return (math.prod(input_shapes[0]),)

    def output_shape(self, graph: Graph) -> Shape:
        operand = graph.tensor(self.inputs[0])
        result = graph.tensor(self.output)
        if operand.elements != result.elements:
            raise GraphError(
                f"{self}: the output must hold the {operand.elements} values of the input,"
                f" its shape {result.shape} holds {result.elements}"
            )
        return result.shape

    def check(self, graph: Graph) -> None:
        super().check(graph)
        check_same_quantization(self, graph)
