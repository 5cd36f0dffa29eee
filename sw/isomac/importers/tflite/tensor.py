"""A tensor of a TFLite file, and what it must be to take part in integer arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.limits import INT8_MAX, INT8_MIN, SCALE_MAX, SCALE_MIN

#: Most values of a tensor.
ELEMENTS_MAX = 1 << 24

#: What a uint8 value is more than the int8 value that stands for it.
UINT8_OFFSET = 128

_DTYPES = {"INT8": np.int8, "UINT8": np.uint8, "INT32": np.int32, "INT64": np.int64}


class UnfitError(Exception):
    """A tensor or a constant is not what an operator accepts; the message is a clause."""


@dataclass(frozen=True)
class Affine:
    """Scale and zero point of an int8 tensor; the scale as the float32 number of the file."""

    scale: np.float32
    zero_point: int


@dataclass(frozen=True, eq=False)
class FileTensor:
    """A tensor as the file has it.

    Members
    -------
    index
        Position among the tensors.
    name
        Printable.
    where
        What messages call it.
    kind
        Name of the type in the schema, such as "INT8".
    shape
        With the batch, as far as it has one.
    signature
        Shape with -1 where the size is left open; empty if nothing is.
    scales, zero_points
        float32 and int64, one each or one for each index along `axis`; empty if there are none.
    axis
        Of the scales.
    data
        Bytes of a constant, None if the tensor is computed.
    """

    index: int
    name: str
    where: str
    kind: str
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    axis: int
    data: npt.NDArray[np.uint8] | None

    @property
    def elements(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    def check_shape(self) -> None:
        """Require sizes from 1 on and a moderate number of values."""
        if any(size < 1 for size in self.shape) or self.elements > ELEMENTS_MAX:
            raise UnfitError(
                f"{self.name!r} has the shape {list(self.shape)}; sizes must be at least 1, with at"
                f" most {ELEMENTS_MAX} values"
            )

    def affine(self) -> Affine:
        """Return the quantization of an activation; a uint8 tensor as the int8 one it stands for.

        Raises
        ------
        UnfitError
            If it is not quantized, or not to 8 bits.
        """
        self.check_shape()
        if self.kind not in ("INT8", "UINT8"):
            raise UnfitError(f"{self.name!r} is {self.kind.lower()}; {_ACCEPTED}{_hint(self.kind)}")
        if len(self.scales) != 1 or len(self.zero_points) != 1:
            raise UnfitError(
                f"{self.name!r} is {self.kind.lower()} with {len(self.scales)} scales and"
                f" {len(self.zero_points)} zero points; {_ACCEPTED}"
            )
        scale = self.scales[0]
        if not SCALE_MIN <= scale <= SCALE_MAX:
            raise UnfitError(
                f"{self.name!r} has the scale {float(scale)!r}, it must be in [2**-64, 2**64]"
            )
        zero_point = int(self.zero_points[0])
        if self.kind == "UINT8":
            zero_point -= UINT8_OFFSET
        if not INT8_MIN <= zero_point <= INT8_MAX:
            raise UnfitError(f"{self.name!r} has a zero point that no value of it has")
        return Affine(scale, zero_point)

    def constant(self, *kinds: str) -> npt.NDArray[Any]:
        """Return the values of a constant of one of these types, in its shape.

        Raises
        ------
        UnfitError
            If it is computed, is of another type, or its data have another size than its shape.
        """
        if self.data is None:
            raise UnfitError(f"{self.name!r} must be a constant, it is computed")
        if self.kind not in kinds:
            accepted = " or ".join(kind.lower() for kind in kinds)
            raise UnfitError(f"{self.name!r} must be {accepted}, it is {self.kind.lower()}")
        dtype = np.dtype(_DTYPES[self.kind])
        if any(size < 1 for size in self.shape) or self.elements * dtype.itemsize != self.data.size:
            raise UnfitError(
                f"{self.name!r} of the shape {list(self.shape)} has {self.data.size} bytes of data"
            )
        return self.data.view(dtype.newbyteorder("<")).reshape(self.shape).astype(dtype, copy=False)

    def channel_scales(self, channels: int, axis: int) -> npt.NDArray[np.float32]:
        """Return the scales of a weight, one for each of its output channels along `axis`.

        Raises
        ------
        UnfitError
            If they are missing, are not positive, are others in number or along another axis, or a
            zero point is not 0.
        """
        scales = self.scales
        if len(scales) not in (1, channels):
            raise UnfitError(
                f"the weight {self.name!r} has {len(scales) or 'no'} scales; accepted are one, or"
                f" one for each of {channels} output channels"
            )
        if len(scales) > 1 and self.axis != axis:
            raise UnfitError(
                f"the weight {self.name!r} has scales along axis {self.axis}, not along {axis}"
            )
        if not (np.isfinite(scales).all() and (scales > 0).all()):
            raise UnfitError(f"the weight {self.name!r} must have positive, finite scales")
        if self.zero_points.any():
            raise UnfitError(f"the weight {self.name!r} must have the zero point 0")
        return np.broadcast_to(scales, (channels,))


_ACCEPTED = "accepted is int8 with one scale and one zero point"


def _hint(kind: str) -> str:
    if kind == "INT16":
        return " (this is a network with 16-bit activations)"
    if kind in ("FLOAT32", "FLOAT16"):
        return " (float and dynamic-range models need full integer quantization)"
    return ""
