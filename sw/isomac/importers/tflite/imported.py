"""A network from a TFLite file, with the way from its tensors to those of the file and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.errors import IsomacError
from isomac.importers.registry import Imported
from isomac.importers.tflite.layout import Order
from isomac.importers.tflite.tensor import UINT8_OFFSET

Bytes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Place:
    """The tensor of the file that a tensor of the graph equals.

    Members
    -------
    index
        Of the tensor in the file.
    name
        Of the tensor in the file.
    kind
        Its type: "INT8"; or "UINT8", whose values are 128 more than those of the graph.
    shape
        In the file, with the batch.
    order
        Of its values.
    """

    index: int
    name: str
    kind: str
    shape: tuple[int, ...]
    order: Order

    def to_graph(self, values: npt.NDArray[Any], shape: tuple[int, ...]) -> Bytes:
        """Return values of the file (N, ...) as int8 (N, *shape)."""
        flat = values.reshape(len(values), -1)
        if self.kind == "UINT8":
            flat = (flat.astype(np.int16) - UINT8_OFFSET).astype(np.int8)
        return self.order.to_graph(flat).reshape(len(values), *shape)

    def to_file(self, values: Bytes) -> npt.NDArray[Any]:
        """Return int8 values of the graph (N, ...) in the type and the shape of the file."""
        flat: npt.NDArray[Any] = self.order.to_file(values.reshape(len(values), -1))
        if self.kind == "UINT8":
            flat = (flat.astype(np.int16) + UINT8_OFFSET).astype(np.uint8)
        return flat.reshape(len(values), *self.sample_shape)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape in the file without the batch."""
        return self.shape[1:] if self.shape[:1] == (1,) and len(self.shape) > 1 else self.shape


@dataclass(frozen=True)
class Border:
    """What stands in the file where a tensor of the graph comes from outside or goes outside.

    Members
    -------
    index
        Of the input or output in the file.
    kind
        Its type: "INT8", "UINT8" or "FLOAT32". A real number is `scale * (value - zero_point)`.
    scale, zero_point
        Of the int8 values in the graph.
    """

    index: int
    kind: str
    scale: float
    zero_point: int

    def quantize(self, values: npt.NDArray[np.float32]) -> Bytes:
        """Return real numbers as int8, as the operator QUANTIZE rounds: half away from zero."""
        steps = np.asarray(values, np.float32) / np.float32(self.scale)
        whole = np.trunc(steps)
        whole = whole + np.copysign(np.abs(steps - whole) >= 0.5, steps)
        return np.clip(whole + self.zero_point, -128, 127).astype(np.int8)

    def dequantize(self, values: Bytes) -> npt.NDArray[np.float32]:
        """Return int8 values as real numbers, as the operator DEQUANTIZE has them."""
        steps = (values.astype(np.int32) - self.zero_point).astype(np.float64)
        return (steps * np.float64(np.float32(self.scale))).astype(np.float32)


@dataclass(frozen=True, eq=False)
class ImportedTflite(Imported):
    """A network from a TFLite file.

    Members
    -------
    places
        For every tensor of the graph: the tensor of the file that it equals, byte by byte.
    borders
        For every input and output of the graph: what stands there in the file.
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    borders: Mapping[str, Border] = field(default_factory=dict)

    def arrange(self, name: str, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
        place = self.places[name]
        if samples.shape[1:] != place.sample_shape:
            expected = ", ".join(str(size) for size in ("N", *place.sample_shape))
            raise IsomacError(
                f"{self.file.path}: inputs {place.name!r} must have shape ({expected}),"
                f" not {samples.shape}"
            )
        flat = samples.reshape(len(samples), -1)
        return place.order.to_graph(flat).reshape(len(samples), *self.graph.tensor(name).shape)
