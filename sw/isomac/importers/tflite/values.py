"""What a tensor of the file is while the integer graph grows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from isomac.graph.operators.pad import Pad
from isomac.graph.operators.reshape import Reshape
from isomac.graph.tensor import Tensor
from isomac.importers.tflite.layout import Order, order_of
from isomac.importers.tflite.tensor import FileTensor, UnfitError
from isomac.lowering.builder import Builder, Site


@dataclass(frozen=True)
class Frame:
    """A border of one byte that is still to be put around a map."""

    padding: tuple[int, int, int, int]
    value: int


@dataclass(frozen=True)
class Value:
    """A tensor of the graph, and the order of its values.

    Members
    -------
    tensor
        The tensor; its shape may be another than that of the file's tensor.
    order
        Of its values.
    origin
        The tensor of the file that it equals, byte by byte.
    source
        Of the operator, for the operations that a change of shape becomes.
    frame
        Border that is still to be put around it; an operator that pads by itself may do so.
    """

    tensor: Tensor
    order: Order
    origin: FileTensor
    source: str
    frame: Frame | None = None


class Emitter:
    """The integer graph while it grows, and which tensor of the file each of its tensors equals."""

    def __init__(self) -> None:
        self.builder = Builder()
        #: Sentences for the user.
        self.remarks: list[str] = []
        #: Order and origin by name of tensor.
        self.places: dict[str, tuple[Order, FileTensor]] = {}
        self._views: dict[tuple[str, tuple[int, ...]], Value] = {}
        self._framed: dict[tuple[str, Frame], Value] = {}

    def keep(self, value: Value) -> Value:
        """Remember what a new tensor of the graph equals; return it."""
        self.places[value.tensor.name] = (value.order, value.origin)
        return value

    def vector(self, value: Value) -> Value:
        """Return a value as (F,), in the order that it has."""
        value = self.framed(value)
        return self._view(value, (value.tensor.elements,), "flat")

    def map(self, value: Value, shape: tuple[int, ...]) -> Value:
        """Return a value as a map of this shape (C, H, W).

        Raises
        ------
        UnfitError
            If its values are in another order.
        """
        value = self.framed(value)
        if order_of(shape) != value.order:
            channels, height, width = shape
            raise UnfitError(
                f"{value.origin.name!r} is turned into a map of {height} by {width} pixels with"
                f" {channels} channels, which moves values; supported is that where the values come"
                f" from the input or from FULLY_CONNECTED"
            )
        return self._view(value, shape, "map")

    def framed(self, value: Value) -> Value:
        """Return a value with its border in place."""
        frame = value.frame
        if frame is None:
            return value
        key = value.tensor.name, frame
        if key not in self._framed:
            top, left, bottom, right = frame.padding
            channels, height, width = value.tensor.shape
            site = Site(self.builder, value.source)
            shape = channels, top + height + bottom, left + width + right
            output = site.like(readable(value.origin), shape, value.tensor)
            site.emit(Pad, [value.tensor], output, padding=frame.padding, value=frame.value)
            padded = replace(value, tensor=output, order=order_of(shape), frame=None)
            self._framed[key] = self.keep(padded)
        return self._framed[key]

    def _view(self, value: Value, shape: tuple[int, ...], suffix: str) -> Value:
        if value.tensor.shape == shape:
            return value
        key = value.tensor.name, shape
        if key not in self._views:
            site = Site(self.builder, value.source)
            output = site.like(f"{value.tensor.name}_{suffix}", shape, value.tensor)
            site.emit(Reshape, [value.tensor], output)
            self._views[key] = self.keep(replace(value, tensor=output))
        return self._views[key]


def readable(tensor: FileTensor) -> str:
    """Return the name of a tensor without what the converter has joined to it."""
    return tensor.name.split(";")[0].strip()[:100] or f"tensor_{tensor.index}"
