"""Fully connected layer with per-channel rescaling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from isomac.errors import GraphError
from isomac.graph.accumulator import accumulator_magnitude
from isomac.graph.fields import Array, Biases, Int8, Multipliers, Rounding, Shifts
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_accumulator, check_clamp, check_length


@dataclass(frozen=True, eq=False, kw_only=True)
class Linear(Operation):
    """`rescale(bias + sum w * (x - zp_in))` on a vector (F,).

    Parameters
    ----------
    weight
        int8 (O, F).
    bias
        int32 (O).
    multiplier, shift
        int64 (O), the rescaling of each output.
    quant_min, quant_max
        The clamp of the result, which holds a folded ReLU.
    rounding
        Of the rescaling, see `isomac.graph.limits.ROUNDINGS`.
    """

    weight: Annotated[npt.NDArray[np.int8], Array("int8", 2)]
    bias: Biases
    multiplier: Multipliers
    shift: Shifts
    quant_min: Int8
    quant_max: Int8
    rounding: Rounding = "single"

    @property
    def label(self) -> str:
        return "linear"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        outputs, features = self.weight.shape
        if tuple(input_shapes[0]) != (features,):
            raise GraphError(
                f"{self}: the input must have shape ({features},), not {tuple(input_shapes[0])}"
            )
        return (outputs,)

    def check(self, graph: Graph) -> None:
        super().check(graph)
        outputs = self.weight.shape[0]
        check_length(self, "bias", len(self.bias), outputs)
        check_length(self, "multiplier", len(self.multiplier), outputs)
        check_length(self, "shift", len(self.shift), outputs)
        check_clamp(self)
        zero_point = graph.tensor(self.inputs[0]).zero_point
        bound = accumulator_magnitude(self.weight, self.bias, zero_point)
        check_accumulator(self, bound, "output channel")

    def macs(self, graph: Graph) -> int:
        return int(self.weight.size)
