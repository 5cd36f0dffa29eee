"""Real values, and the integer graph that they become."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.limits import ELEMENTS_MAX
from isomac.graph.tensor import Tensor
from isomac.importers.onnx.node import Node
from isomac.importers.onnx.quantization import UNBOUNDED, Bounds, Quantization
from isomac.lowering.builder import Builder, Result, Site

#: Most bytes of constants that are made from those of the file.
SPENT_MAX = 1 << 28

#: A function of single values, given float32.
Function = Callable[[npt.NDArray[np.floating[Any]]], npt.NDArray[np.floating[Any]]]


@dataclass(frozen=True)
class Operand:
    """A tensor that an operation can read, and a factor, positive, that its values have."""

    tensor: Tensor
    gain: float = 1.0

    @property
    def scaled(self) -> Tensor:
        """The tensor with the factor in its scale, for the arithmetic of `isomac.lowering`."""
        return replace(self.tensor, scale=self.tensor.scale * self.gain)


@dataclass(frozen=True, eq=False)
class Real(ABC):
    """A real value.

    Members
    -------
    node
        What computed it first; its name is that of the tensor.
    shape
        Without the batch.
    """

    node: Node
    shape: tuple[int, ...]

    @abstractmethod
    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        """Append what computes the value in these steps, and return where it is."""

    def find_operand(self, emitter: Emitter) -> Operand | None:
        """Return the tensor that holds the value already, None if it must be quantized first."""
        return None

    def clamped(self, bounds: Bounds) -> Real | None:
        """Return the value within bounds, None if that is not supported."""
        return None

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        """Return the value times a number, shape (), or one for each channel; None likewise."""
        return None

    def added(self, offsets: npt.NDArray[np.float64]) -> Real | None:
        """Return the value plus a number, shape (), or one for each channel; None likewise."""
        return None

    def mapped(self, function: Function, name: str) -> Real | None:
        """Return a function of the value; None likewise."""
        return None

    @cached_property
    def weight(self) -> int:
        """Number of operations that are not quantized yet."""
        return 1

    def natural(self) -> Quantization | None:
        """Return the steps that suit the value where the file gives none; None if unknown."""
        return None


class Emitter:
    """Appends operations for real values, each once for the same steps.

    Members
    -------
    builder
        The integer graph.
    inputs
        Its inputs so far, by their names in the file.
    lookups
        For each tensor that is a function of single values of another: that other, and the table.
    remarks
        What the user should know.
    """

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.inputs: dict[str, Tensor] = {}
        self.lookups: dict[str, tuple[Tensor, npt.NDArray[np.int8]]] = {}
        self.remarks: list[str] = []
        self._spent = 0
        # The values are kept, so that no other gets the same identity.
        self._tensors: dict[tuple[int, Quantization], tuple[Real, Tensor]] = {}
        self._operands: dict[int, tuple[Real, Operand | None]] = {}

    def quantize(self, real: Real, target: Quantization) -> Tensor:
        """Return the tensor with a value in these steps."""
        key = id(real), target
        if key not in self._tensors:
            self._tensors[key] = real, real.emit(self, target)
        return self._tensors[key][1]

    def find(self, real: Real, target: Quantization) -> Tensor | None:
        """Return the tensor with a value in these steps, None if there is none yet."""
        found = self._tensors.get((id(real), target))
        return None if found is None else found[1]

    def spend(self, node: Node, size: int) -> None:
        """Account for constants of `size` bytes that are made for a node.

        Raises
        ------
        IsomacError
            If all together are too many: nodes can share one constant of the file.
        """
        self._spent += size
        if self._spent > SPENT_MAX:
            raise node.refuse(f"the constants up to it take more than {SPENT_MAX} bytes")

    def operand(self, real: Real) -> Operand | None:
        """Return the tensor that holds a value already, None if it must be quantized first."""
        if id(real) not in self._operands:
            self._operands[id(real)] = real, real.find_operand(self)
        return self._operands[id(real)][1]

    def site(self, node: Node) -> Site:
        """Return where operations for `node` are appended."""
        return Site(self.builder, node.source)

    def result(self, real: Real, target: Quantization, bounds: Bounds = UNBOUNDED) -> Result:
        """Return a new tensor for `real`, and the clamp of the operation that writes it."""
        tensor = self.builder.tensor(real.node.name, real.shape, target.scale, target.zero_point)
        return Result(tensor, *target.clamp(bounds))


def clamp_bounds(inner: Bounds, outer: Bounds) -> Bounds:
    """Return the bounds of a value that is clamped to `inner` first and then to `outer`."""
    low, high = (min(max(end, outer[0]), outer[1]) for end in inner)
    return low, high


def scaled_bounds(bounds: Bounds, gain: float) -> Bounds:
    """Return the bounds of a value that is multiplied after it was clamped."""
    if bounds == UNBOUNDED:
        return bounds
    low, high = sorted(gain * end for end in bounds)
    return low, high


#: Most channels of a value, and most operations between two quantizations.
CHANNELS_MAX = 1 << 20
_WEIGHT_MAX = 200


def check_size(real: Real, node: Node) -> None:
    """Require a value that can be handled in moderate time.

    Raises
    ------
    IsomacError
        Otherwise.
    """
    if math.prod(real.shape) > ELEMENTS_MAX or real.shape[0] > CHANNELS_MAX:
        raise node.refuse(f"its result of shape {real.shape} is too large")
    if real.weight > _WEIGHT_MAX:
        raise node.refuse(
            f"more than {_WEIGHT_MAX} operations before it are not quantized in between"
        )
