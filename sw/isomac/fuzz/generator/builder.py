"""A random graph while it grows."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.fuzz.generator.constants import Constants
from isomac.fuzz.generator.windows import random_axis, same_axis
from isomac.graph.operation import Operation
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear
from isomac.graph.tensor import Tensor


@dataclass
class Builder:
    """A graph that grows: every step reads `head` and leaves a new one.

    The settings are those of `isomac.fuzz.generator.graphs.Choices`.
    """

    constants: Constants
    max_size: int
    max_channels: int
    max_kernel: int
    max_inputs: int
    maps_from_reshape: bool
    one_softmax: tuple[int, int] | None
    softmax_fields: dict[str, Any] | None = field(default=None, init=False)
    newton_table: npt.NDArray[np.int64] | None = field(default=None, init=False)
    head: Tensor = field(init=False)
    tensors: list[Tensor] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)

    def tensor(self, shape: tuple[int, ...], like: Tensor | None = None) -> Tensor:
        """Append a tensor, with the quantization of `like` or a random one."""
        c = self.constants
        scale, zero_point = (c.scale(), c.zero_point()) if like is None else _quantization(like)
        self.tensors.append(Tensor(f"t{len(self.tensors)}", shape, scale, zero_point))
        return self.tensors[-1]

    def add_input(self, shape: tuple[int, ...], like: Tensor | None = None) -> Tensor:
        """Append a tensor that comes from outside."""
        tensor = self.tensor(shape, like)
        self.inputs.append(tensor.name)
        return tensor

    def emit(
        self, cls: type[Operation], inputs: list[Tensor], output: Tensor, **fields: Any
    ) -> Tensor:
        """Append an operation and return its output."""
        name = f"{cls.__name__.lower()}{len(self.operations)}"
        operands = tuple(tensor.name for tensor in inputs)
        self.operations.append(cls(name=name, inputs=operands, output=output.name, **fields))
        return output

    def convolve(
        self,
        x: Tensor,
        outputs: int | None = None,
        keep_size: bool = False,
        like: Tensor | None = None,
    ) -> Tensor:
        """Append a convolution of a map or a linear layer on a vector.

        `outputs` is the number of output channels, random by default; `keep_size` keeps H and W.
        """
        c = self.constants
        if len(x.shape) == 1:
            count = outputs or c.between(1, self.max_channels)
            weight = c.weight((count, x.shape[0]))
            y = self.tensor((count,), like)
            return self._weighted(Linear, x, y, weight, {})
        channels, *size = x.shape
        groups = c.one_of(1, 1, channels, c.one_of(*_divisors(channels)[:-1], 1))
        if outputs is None:
            largest = max(1, self.max_channels // groups)
            outputs = groups * (1 if c.chance(0.5) and groups > 1 else c.between(1, largest))
        if outputs % groups:
            groups = 1
        axes = [
            same_axis(c, s, self.max_kernel, dilate=True)
            if keep_size
            else random_axis(c, s, self.max_kernel, self.max_size, dilate=True)
            for s in size
        ]
        rows, columns = axes
        weight = c.weight((outputs, channels // groups, rows.kernel, columns.kernel))
        y = self.tensor((outputs, rows.outputs, columns.outputs), like)
        window = {
            "stride": (rows.stride, columns.stride),
            "dilation": (rows.dilation, columns.dilation),
            "padding": (rows.before, columns.before, rows.after, columns.after),
            "groups": groups,
        }
        return self._weighted(Convolution, x, y, weight, window)

    def _weighted(
        self, cls: type[Operation], x: Tensor, y: Tensor, weight: Any, fields: dict[str, Any]
    ) -> Tensor:
        c = self.constants
        bias = c.bias(weight, x.zero_point)
        constants = {**c.rescales(weight), **c.clamp(y.zero_point), "rounding": c.rounding()}
        return self.emit(cls, [x], y, weight=weight, bias=bias, **constants, **fields)


def _quantization(tensor: Tensor) -> tuple[float, int]:
    return tensor.scale, tensor.zero_point


def _divisors(number: int) -> list[int]:
    return [d for d in range(1, number + 1) if number % d == 0]
