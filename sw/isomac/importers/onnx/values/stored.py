"""Values in steps: what a QuantizeLinear wrote, or an input that is int8 already."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isomac.graph.tensor import Tensor
from isomac.importers.onnx.quantization import Quantization
from isomac.importers.onnx.values.affine import Affine
from isomac.importers.onnx.values.base import Emitter, Real

#: Element types of activations, and what is taken off their values to store them as int8.
OFFSETS: dict[np.dtype[np.int8] | np.dtype[np.uint8], int] = {
    np.dtype(np.int8): 0,
    np.dtype(np.uint8): 128,
}


@dataclass(frozen=True, eq=False)
class Stored:
    """A value in steps; it becomes a tensor when it is read.

    Members
    -------
    real
        What was quantized.
    target
        Its steps.
    offset
        What was taken off the values of the file: 128 for unsigned ones.
    """

    real: Real
    target: Quantization
    offset: int

    def clipped(self, low: int, high: int) -> Stored:
        """Return the value with its steps, as the file counts them, within bounds."""
        old = self.target
        first, last = (
            min(max(end, low - self.offset), high - self.offset) for end in (old.low, old.high)
        )
        first, last = (min(max(end, -128), 127) for end in (first, last))
        return replace(self, target=replace(old, low=min(first, last), high=last))

    def tensor(self, emitter: Emitter) -> Tensor:
        """Return where the value is."""
        return emitter.quantize(self.real, self.target)

    def known(self, emitter: Emitter) -> Tensor | None:
        """Return where the value is, None if nothing reads it."""
        return emitter.find(self.real, self.target)


@dataclass(frozen=True, eq=False)
class IntegerInput:
    """An input of the network that is int8 or uint8; the DequantizeLinear behind it has its scale.

    Members
    -------
    real
        The input as a real value.
    offset
        See `Stored`.
    """

    real: Real
    offset: int


@dataclass(frozen=True, eq=False)
class RealInput(Real):
    """An input of the network; the first QuantizeLinear behind it gives its steps."""

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        tensor = emitter.inputs.get(self.node.name)
        if tensor is None:
            tensor = emitter.builder.tensor(
                self.node.name, self.shape, target.scale, target.zero_point
            )
            emitter.inputs[self.node.name] = tensor
        if not target.same_steps(tensor.scale, tensor.zero_point):
            raise self.node.refuse("it is quantized in two ways, and enters the hardware only once")
        if (target.low, target.high) == (-128, 127):
            return tensor
        whole = Affine(self.node, self.shape, tensor)
        return whole.emit(emitter, target)
