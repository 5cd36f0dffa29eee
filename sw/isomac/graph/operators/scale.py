"""Product with a constant for each channel, or a change of scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from isomac.graph.fields import Array, Int8, Multipliers, Rounding, Shifts
from isomac.graph.graph import Graph
from isomac.graph.limits import FACTOR_MAX
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_clamp, check_length


@dataclass(frozen=True, eq=False, kw_only=True)
class Scale(Operation):
    """`rescale(factor * (x - zp_in))`, with a factor and a rescaling for each channel.

    Parameters
    ----------
    factor
        int32 (C), each the distance of two int8 values: in [-255, 255].
    multiplier, shift
        int64 (C), the rescaling of each channel.
    quant_min, quant_max
        The clamp of the result, which holds a folded ReLU.
    rounding
        Of the rescaling, see `isomac.graph.limits.ROUNDINGS`.
    """

    factor: Annotated[npt.NDArray[np.int32], Array("int32", 1, -FACTOR_MAX, FACTOR_MAX)]
    multiplier: Multipliers
    shift: Shifts
    quant_min: Int8
    quant_max: Int8
    rounding: Rounding = "single"

    @property
    def label(self) -> str:
        return "scale"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        return tuple(input_shapes[0])

    def check(self, graph: Graph) -> None:
        super().check(graph)
        channels = graph.tensor(self.inputs[0]).shape[0]
        check_length(self, "factor", len(self.factor), channels)
        check_length(self, "multiplier", len(self.multiplier), channels)
        check_length(self, "shift", len(self.shift), channels)
        check_clamp(self)

    def macs(self, graph: Graph) -> int:
        """Return 0: a product with one value only brings it to another scale."""
        return 0
