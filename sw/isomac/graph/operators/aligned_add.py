"""Sum of two tensors, one of which is brought to the scale of the other first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from isomac.errors import GraphError
from isomac.graph.fields import Int8, Integer, Multiplier, Rounding, Shift
from isomac.graph.graph import Graph
from isomac.graph.limits import LEFT_SHIFT_MAX
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_clamp, same_shape

LeftShift = Annotated[int, Integer(0, LEFT_SHIFT_MAX)]


@dataclass(frozen=True, eq=False, kw_only=True)
class AlignedAdd(Operation):
    """`clamp(R(t, multiplier, shift) + zp)`, the addition of TFLite's integer kernels.

    `t = ((a - zp_a) << left_shift) + R((b - zp_b) << left_shift_b, multiplier_b, shift_b)`, where
    `R(v, m, s)` is `v * m` rounded and shifted by s as `rounding` says. Where `Add` rounds once,
    this rounds b and the sum.

    Parameters
    ----------
    left_shift
        Fractional bits of the operand a, which has the larger scale.
    left_shift_b, multiplier_b, shift_b
        Rescaling of b to the scale of a with its fractional bits: `multiplier_b / 2**shift_b` is
        below 1.
    multiplier, shift
        Rescaling of the sum.
    quant_min, quant_max
        The clamp of the result, which holds a folded ReLU.
    rounding
        Of both rescalings, see `isomac.graph.limits.ROUNDINGS`.
    """

    arity: ClassVar[tuple[int, int]] = (2, 2)

    left_shift: LeftShift
    left_shift_b: LeftShift
    multiplier_b: Multiplier
    shift_b: Shift
    multiplier: Multiplier
    shift: Shift
    quant_min: Int8
    quant_max: Int8
    rounding: Rounding

    @property
    def label(self) -> str:
        return "add"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        return same_shape(self, input_shapes)

    def check(self, graph: Graph) -> None:
        super().check(graph)
        check_clamp(self)
        if self.shift_b <= self.left_shift_b:
            raise GraphError(
                f"{self}: shift_b must be above left_shift_b, not {self.shift_b} and"
                f" {self.left_shift_b}"
            )
        if self.multiplier_b >> self.shift_b:
            raise GraphError(
                f"{self}: multiplier_b / 2**shift_b must be below 1, not {self.multiplier_b} and"
                f" {self.shift_b}"
            )
