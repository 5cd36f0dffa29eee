"""Two-dimensional convolution with per-channel rescaling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from isomac.errors import GraphError
from isomac.graph.accumulator import accumulator_magnitude
from isomac.graph.fields import (
    Array,
    Biases,
    Extent,
    Int8,
    Integer,
    Multipliers,
    Padding,
    Rounding,
    Shifts,
)
from isomac.graph.graph import Graph
from isomac.graph.limits import EXTENT_MAX
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import (
    check_accumulator,
    check_clamp,
    check_length,
    require_map,
    window_shape,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Convolution(Operation):
    """`rescale(bias + sum w * (x - zp_in))`; padding reads as `zp_in`.

    Parameters
    ----------
    weight
        int8 (O, I / groups, kh, kw).
    bias
        int32 (O).
    multiplier, shift
        int64 (O), the rescaling of each output channel.
    stride, dilation
        (y, x).
    padding
        (top, left, bottom, right), smaller than the dilated kernel.
    groups
        Divides I and O; output channel o reads the input channels of group `o // (O / groups)`.
    quant_min, quant_max
        The clamp of the result, which holds a folded ReLU.
    rounding
        Of the rescaling, see `isomac.graph.limits.ROUNDINGS`.
    """

    weight: Annotated[npt.NDArray[np.int8], Array("int8", 4)]
    bias: Biases
    multiplier: Multipliers
    shift: Shifts
    stride: Extent
    dilation: Extent
    padding: Padding
    groups: Annotated[int, Integer(1, EXTENT_MAX)]
    quant_min: Int8
    quant_max: Int8
    rounding: Rounding = "single"

    @property
    def depthwise(self) -> bool:
        """True if each group reads exactly one channel, and there are several groups."""
        return self.groups > 1 and self.weight.shape[1] == 1

    @property
    def label(self) -> str:
        if self.depthwise:
            return "depthwise convolution"
        return "grouped convolution" if self.groups > 1 else "convolution"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        channels, *size = require_map(self, input_shapes[0])
        outputs, group_inputs, *kernel = self.weight.shape
        if channels != group_inputs * self.groups:
            raise GraphError(
                f"{self}: the weight reads {group_inputs} channels in each of {self.groups} groups,"
                f" the input has {channels} channels"
            )
        return (
            outputs,
            *window_shape(self, size, kernel, self.stride, self.dilation, self.padding),
        )

    def check(self, graph: Graph) -> None:
        super().check(graph)
        outputs = self.weight.shape[0]
        if outputs % self.groups:
            raise GraphError(
                f"{self}: groups must divide the {outputs} output channels, not {self.groups}"
            )
        check_length(self, "bias", len(self.bias), outputs)
        check_length(self, "multiplier", len(self.multiplier), outputs)
        check_length(self, "shift", len(self.shift), outputs)
        check_clamp(self)
        zero_point = graph.tensor(self.inputs[0]).zero_point
        bound = accumulator_magnitude(self.weight, self.bias, zero_point)
        check_accumulator(self, bound, "output channel")

    def macs(self, graph: Graph) -> int:
        return graph.tensor(self.output).elements * int(self.weight[0].size)
