"""Constants of the network: plain arrays, and those that DequantizeLinear made of integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from isomac.importers.onnx.node import Array


@dataclass(frozen=True, eq=False)
class Steps:
    """Integers and the real value of one step.

    Members
    -------
    integers
        int16 or int32, what was dequantized less the zero point.
    scale
        float32, of the same number of dimensions: the full size on at most one axis, 1 elsewhere.
    """

    integers: npt.NDArray[np.int16] | npt.NDArray[np.int32]
    scale: npt.NDArray[np.float32]

    @property
    def real(self) -> npt.NDArray[np.float32]:
        """The values as DequantizeLinear computes them."""
        return self.integers.astype(np.float32) * self.scale

    def transposed(self, axes: Sequence[int]) -> Steps:
        """Return the steps with their axes in another order."""
        return Steps(self.integers.transpose(axes), self.scale.transpose(axes))

    def reshaped(self, shape: Sequence[int]) -> Steps | None:
        """Return the steps under another shape; None where the scales do not follow one axis."""
        integers = self.integers.reshape(shape)
        if self.scale.size == 1:
            return Steps(integers, self.scale.reshape([1] * integers.ndim))
        if integers.ndim and self.scale.shape[0] == self.scale.size == integers.shape[0]:
            return Steps(integers, self.scale.reshape(-1, *[1] * (integers.ndim - 1)))
        return None


@dataclass(frozen=True, eq=False)
class Constant:
    """A value that does not depend on the input.

    Members
    -------
    steps
        How it was quantized, if it was.
    """

    steps: Steps | None
    _array: Array | None

    @classmethod
    def plain(cls, array: Array) -> Constant:
        """Return the constant with these values."""
        return cls(None, array)

    @classmethod
    def of_steps(cls, steps: Steps) -> Constant:
        """Return the constant that these steps stand for."""
        return cls(steps, None)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return self.array.shape if self.steps is None else self.steps.integers.shape

    @cached_property
    def array(self) -> Array:
        """The values."""
        if self.steps is not None:
            return self.steps.real
        assert self._array is not None
        return self._array


def per_channel(array: Array, shape: tuple[int, ...]) -> npt.NDArray[np.float64] | None:
    """Return how a constant acts on a value of `shape` (without the batch) in an ONNX broadcast.

    Returns
    -------
    ndarray
        float64 of shape () where it is one number, (C) where there is one for each channel; None
        for everything else.
    """
    values = array.astype(np.float64)
    if values.size == 1:
        return values.reshape(()) if values.ndim <= len(shape) + 1 else None
    full = (1, *shape)
    if values.ndim > len(full):
        return None
    sizes = (1,) * (len(full) - values.ndim) + values.shape
    if sizes != (1, shape[0], *[1] * (len(shape) - 1)):
        return None
    return values.reshape(-1)
