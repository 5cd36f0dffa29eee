"""Channels side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from isomac.errors import GraphError
from isomac.graph.graph import Graph
from isomac.graph.limits import EXTENT_MAX
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_same_quantization


@dataclass(frozen=True, eq=False, kw_only=True)
class Concatenate(Operation):
    """The channels of all inputs side by side, in order. Same quantization in and out."""

    arity: ClassVar[tuple[int, int]] = (2, EXTENT_MAX)

    @property
    def label(self) -> str:
        return "concatenate"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        first = tuple(input_shapes[0])
        for shape in input_shapes[1:]:
            if len(shape) != len(first) or tuple(shape[1:]) != first[1:]:
                raise GraphError(
                    f"{self}: the inputs must differ in their channels only,"
                    f" not {first} and {tuple(shape)}"
                )
        return (sum(shape[0] for shape in input_shapes), *first[1:])

    def check(self, graph: Graph) -> None:
        super().check(graph)
        check_same_quantization(self, graph)
