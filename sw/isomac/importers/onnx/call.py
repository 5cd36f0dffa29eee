"""A node with its operands at hand, and the functions that say what its result is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from isomac.errors import IsomacError
from isomac.importers.onnx.constant import Constant, per_channel
from isomac.importers.onnx.node import Array, Node
from isomac.importers.onnx.values.base import Emitter, Operand, Real
from isomac.importers.onnx.values.moves import ChannelsLast
from isomac.importers.onnx.values.stored import IntegerInput, Stored

#: Operators that give the real value of what was quantized.
READERS = ("DequantizeLinear", "qonnx.custom_op.general.Quant", "onnx.brevitas.Quant")

Value = Real | Stored | IntegerInput | Constant


@dataclass(frozen=True, eq=False)
class Call:
    """What a function for an operator is given.

    Members
    -------
    node
        The node.
    operands
        Its inputs, None where one is left out.
    emitter
        The integer graph.
    opset
        Version of the operators.
    batch
        Number of samples in the shapes that the file computes with.
    """

    node: Node
    operands: tuple[Value | None, ...]
    emitter: Emitter
    opset: int
    batch: int

    def refuse(self, reason: str) -> IsomacError:
        """Return the error that names the node."""
        return self.node.refuse(reason)

    def operand(self, position: int) -> Value | None:
        """Return an input, None if it is left out."""
        return self.operands[position] if position < len(self.operands) else None

    def has(self, position: int) -> bool:
        """Return whether an input is given."""
        return self.operand(position) is not None

    def real(self, position: int = 0) -> Real:
        """Return an input that is a real value."""
        value = self.operand(position)
        if isinstance(value, Real):
            return value
        raise self.refuse(f"input {position} must be a real value, it is {_kind(value)}")

    def map_or_vector(self, position: int = 0) -> Real:
        """Return an input that is a real value with the channels first."""
        value = self.real(position)
        if isinstance(value, ChannelsLast):
            raise self.refuse("its input has the channels behind the pixels; a Transpose is needed")
        return value

    def map(self, position: int = 0) -> Real:
        """Return an input that is a map (C, H, W)."""
        value = self.map_or_vector(position)
        if len(value.shape) != 3:
            raise self.refuse(f"its input must be a map (C, H, W), not of shape {value.shape}")
        return value

    def constant(self, position: int, what: str) -> Constant:
        """Return an input that must be a constant."""
        value = self.operand(position)
        if isinstance(value, Constant):
            return value
        raise self.refuse(f"{what} must be a constant, it is {_kind(value)}")

    def array(self, position: int, what: str) -> Array | None:
        """Return the values of an input that must be a constant, or is left out."""
        return self.constant(position, what).array if self.has(position) else None

    def integers(self, position: int, what: str) -> list[int] | None:
        """Return an input that must be a constant list of integers, or is left out."""
        array = self.array(position, what)
        if array is None:
            return None
        if array.dtype.kind not in "iu" or array.ndim > 1 or array.size > 1 << 10:
            raise self.refuse(f"{what} must be a list of integers")
        return [int(value) for value in array.reshape(-1)]

    def number(self, position: int, what: str, default: float) -> float:
        """Return an input that must be one constant number, or is left out."""
        array = self.array(position, what)
        if array is None:
            return default
        if array.size != 1:
            raise self.refuse(f"{what} must be one number, not of shape {array.shape}")
        return float(array.reshape(-1)[0])

    def channel_constant(self, position: int, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """Return a constant that is one number, shape (), or one for each channel."""
        array = self.constant(position, f"input {position}").array
        values = per_channel(array, shape)
        if values is None:
            raise self.refuse(
                f"a constant must be one number or one for each of {shape[0]} channels, its shape"
                f" is {array.shape}"
            )
        if not np.isfinite(values).all():
            raise self.refuse("a constant is not finite")
        return values

    def stored(self, position: int) -> Operand:
        """Return the tensor of an input that was quantized."""
        value = self.map_or_vector(position)
        operand = self.emitter.operand(value)
        if operand is None:
            raise self.refuse(
                f"the result of {value.node} is not quantized; a QuantizeLinear and a"
                f" DequantizeLinear are needed between the two"
            )
        return operand

    def folded(self, changed: Real | None, value: Real) -> Real:
        """Return what became of `value`, where it could take in this node.

        Raises
        ------
        IsomacError
            If it could not.
        """
        if changed is None:
            raise self.refuse(
                f"it cannot be folded into {value.node}, whose result is not quantized; a"
                f" QuantizeLinear and a DequantizeLinear are needed between the two"
            )
        # A layer is named after what computes first, and reading steps computes nothing.
        if changed.node.operator in READERS:
            return replace(changed, node=self.node)
        return changed


Handler = Callable[[Call], Value]

#: The function of each operator, filled as the modules in `operators/` are imported.
_HANDLERS: dict[str, Handler] = {}


def operator(*names: str) -> Callable[[Handler], Handler]:
    """Return a decorator that makes a function say what the operators of these names compute."""

    def register(handler: Handler) -> Handler:
        for name in names:
            if name in _HANDLERS:
                raise TypeError(f"there are two functions for {name}")
            _HANDLERS[name] = handler
        return handler

    return register


def handlers() -> dict[str, Handler]:
    """Return the function of each operator."""
    return _HANDLERS


def _kind(value: Value | None) -> str:
    match value:
        case None:
            return "left out"
        case Constant():
            return "a constant"
        case Real():
            return "computed from the input"
        case _:
            return "quantized; a DequantizeLinear is needed"
