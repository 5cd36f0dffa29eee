"""Sum of two tensors with different scales."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from isomac.graph.fields import Int8, Integers, Shift
from isomac.graph.graph import Graph
from isomac.graph.limits import MULTIPLIER_LIMIT
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_clamp, same_shape


@dataclass(frozen=True, eq=False, kw_only=True)
class Add(Operation):
    """`((a - zp_a) * m_a + (b - zp_b) * m_b + half) >> shift` with one rounding, then zp and clamp.

    Parameters
    ----------
    multipliers
        (m_a, m_b) for the two inputs.
    shift
        The common shift; `half` is `1 << (shift - 1)`.
    quant_min, quant_max
        The clamp of the result, which holds a folded ReLU.
    """

    arity: ClassVar[tuple[int, int]] = (2, 2)

    multipliers: Annotated[tuple[int, int], Integers(2, 0, MULTIPLIER_LIMIT - 1)]
    shift: Shift
    quant_min: Int8
    quant_max: Int8

    @property
    def label(self) -> str:
        return "add"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        return same_shape(self, input_shapes)

    def check(self, graph: Graph) -> None:
        super().check(graph)
        check_clamp(self)
