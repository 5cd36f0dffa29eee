"""A TOSA network under construction, and its run on the reference model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.operation import Shape

#: Shifts of a RESCALE, and a factor of 1 for it.
SHIFT_MIN, SHIFT_MAX = 2, 62
UNIT_BITS = 30

#: A result that is saturated, whatever the zero point.
_FAR_OUTSIDE = 1 << 9
_INT32_MAX = (1 << 31) - 1

_NUMPY: dict[str, np.dtype[Any]] = {"INT8": np.dtype(np.int8), "INT32": np.dtype(np.int32)}


class NotExpressible(Exception):
    """TOSA has no operations for this; the message says why."""


@dataclass(frozen=True)
class Value:
    """A tensor of the network: name, shape with the batch, and type as TOSA names it."""

    name: str
    shape: Shape
    dtype: str


class Network:
    """Nodes are added one by one; each method returns the value of its node.

    Maps are (N, H, W, C) and vectors (N, 1, 1, F), as TOSA's convolutions want them.
    """

    def __init__(self) -> None:
        import tosa_serializer

        self._tosa: Any = tosa_serializer
        self._writer: Any = tosa_serializer.TosaSerializer()
        self._inputs = 0

    def input(self, shape: Shape) -> Value:
        """Return an int8 value that comes from outside."""
        value = Value(f"input_{self._inputs}", shape, "INT8")
        self._inputs += 1
        tensor = self._tosa.TosaSerializerTensor(value.name, list(shape), self._type("INT8"))
        self._writer.addInputTensor(tensor)
        return value

    def constant(self, values: npt.ArrayLike, dtype: str, shape: Shape | None = None) -> Value:
        """Return a value that is built in."""
        array = np.asarray(values)
        kept: npt.NDArray[Any] = array.astype(_NUMPY[dtype])
        if not np.array_equal(array, kept):
            raise NotExpressible(f"a constant does not fit {dtype.lower()}")
        size = tuple(array.shape) if shape is None else shape
        tensor = self._writer.addConst(list(size), self._type(dtype), kept.ravel())
        return Value(tensor.name, size, dtype)

    def node(
        self, op: str, inputs: Sequence[Value | str], shape: Shape, dtype: str, *settings: Any
    ) -> Value:
        """Return the result of an operator.

        Parameters
        ----------
        op
            As TOSA names it, such as "CONV2D".
        inputs
            In TOSA's order; names stand for shapes.
        shape, dtype
            Of the result.
        settings
            Attributes, in the serializer's order.
        """
        attribute = self._tosa.TosaSerializerAttribute()
        getattr(attribute, f"{_CAMEL[op]}Attribute")(*settings)
        tensor = self._writer.addIntermediate(list(shape), self._type(dtype))
        names = [value if isinstance(value, str) else value.name for value in inputs]
        self._writer.addOperator(getattr(self._tosa.Op, op), names, [tensor.name], attribute)
        return Value(tensor.name, shape, dtype)

    def shape(self, sizes: Sequence[int]) -> str:
        """Return the name of a constant shape."""
        tensor = self._writer.addConst([len(sizes)], self._type("SHAPE"), list(sizes))
        return str(tensor.name)

    def accumulator(self) -> Any:
        """Return the type of sums, for attributes."""
        return self._type("INT32")

    def ignored_nan(self) -> Any:
        """Return the mode of operators that may see NaN, for attributes; integers never do."""
        return self._tosa.NanPropagationMode.PROPAGATE

    def rescale(
        self,
        x: Value,
        multiplier: npt.ArrayLike,
        shift: npt.ArrayLike,
        *,
        dtype: str = "INT8",
        rounding: str = "single",
        zero_in: int = 0,
        zero_out: int = 0,
    ) -> Value:
        """Return `(x - zero_in) * multiplier / 2**shift + zero_out`, saturated.

        Constants with several elements belong to the last dimension.
        """
        factors = np.atleast_1d(np.asarray(multiplier, np.int64))
        places = np.atleast_1d(np.asarray(shift, np.int64))
        short = (places < SHIFT_MIN) & (factors < 1 << UNIT_BITS)
        factors, places = np.where(short, factors * 2, factors), np.where(short, places + 1, places)
        # A factor of 0 gives 0 with every shift, and the largest takes any value.
        places = np.where(factors == 0, SHIFT_MAX, places)
        if places.min() < SHIFT_MIN or places.max() > SHIFT_MAX:
            raise NotExpressible(f"RESCALE shifts by {SHIFT_MIN} to {SHIFT_MAX}")
        if dtype == "INT8":
            x = self._within_reach(x, factors, places)
        mode = {"single": "SINGLE_ROUND", "double": "DOUBLE_ROUND"}[rounding]
        inputs = (
            x,
            self.constant(factors, "INT32"),
            self.constant(places, "INT8"),
            self.constant([zero_in], x.dtype),
            self.constant([zero_out], dtype),
        )
        round_as = getattr(self._tosa.RoundingMode, mode)
        several = len(factors) > 1
        return self.node("RESCALE", inputs, x.shape, dtype, True, round_as, several, False, False)

    def widen(self, x: Value, zero_point: int = 0) -> Value:
        """Return `x - zero_point` as int32."""
        return self.rescale(x, 1 << UNIT_BITS, UNIT_BITS, dtype="INT32", zero_in=zero_point)

    def clamp(self, x: Value, low: int, high: int) -> Value:
        """Return an int8 value within bounds."""
        bounds = [[bound & 0xFF] for bound in (low, high)]
        return self.node("CLAMP", (x,), x.shape, x.dtype, *bounds, self.ignored_nan())

    def binary(self, op: str, a: Value, b: Value, *settings: Any, dtype: str = "INT32") -> Value:
        """Return an operator of two values, the smaller of which is repeated."""
        shape = tuple(np.broadcast_shapes(a.shape, b.shape))
        return self.node(op, (a, b), shape, dtype, *settings)

    def number(self, value: int) -> Value:
        """Return an int32 constant that goes with every map."""
        return self.constant(np.full((1, 1, 1, 1), value, np.int64), "INT32")

    def multiply(self, a: Value, b: Value, shift: int = 0) -> Value:
        """Return `(a * b + half) >> shift` of int32 values."""
        shape = tuple(np.broadcast_shapes(a.shape, b.shape))
        return self.node("MUL", (a, b, self.constant([shift], "INT8")), shape, "INT32")

    def slice(self, x: Value, start: Sequence[int], size: Sequence[int]) -> Value:
        """Return a part of a value."""
        if tuple(size) == x.shape:
            return x
        return self.node("SLICE", (x, self.shape(start), self.shape(size)), tuple(size), x.dtype)

    def concatenate(self, parts: Sequence[Value], axis: int) -> Value:
        """Return values one after the other."""
        if len(parts) == 1:
            return parts[0]
        shape = list(parts[0].shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        return self.node("CONCAT", parts, tuple(shape), parts[0].dtype, axis)

    def reshape(self, x: Value, shape: Shape) -> Value:
        """Return the same values under another shape."""
        return self.node("RESHAPE", (x, self.shape(shape)), shape, x.dtype)

    def transpose(self, x: Value, order: Sequence[int]) -> Value:
        """Return a value with its dimensions in another order."""
        shape = tuple(x.shape[axis] for axis in order)
        return self.node("TRANSPOSE", (x,), shape, x.dtype, list(order))

    def reduce(self, op: str, x: Value, axis: int, *settings: Any) -> Value:
        """Return what REDUCE_SUM or REDUCE_MAX makes of a dimension."""
        shape = tuple(1 if index == axis else size for index, size in enumerate(x.shape))
        return self.node(op, (x,), shape, x.dtype, axis, *settings)

    def run(self, output: Value, inputs: Sequence[npt.NDArray[np.int8]]) -> npt.NDArray[np.int8]:
        """Return what the reference model computes for the last value.

        Raises
        ------
        NotExpressible
            If the specification leaves the result open for these inputs.
        """
        import tosa_reference_model

        result = self._writer.addOutput(list(output.shape), self._type(output.dtype))
        attribute = self._tosa.TosaSerializerAttribute()
        attribute.IdentityAttribute()
        self._writer.addOperator(self._tosa.Op.IDENTITY, [output.name], [result.name], attribute)
        binary = self._writer.serialize()
        # What it says goes to standard error otherwise, in its own words.
        outputs, status = tosa_reference_model.run(binary, list(inputs), debug_filename=os.devnull)
        if status == tosa_reference_model.GraphStatus.TOSA_UNPREDICTABLE:
            raise NotExpressible("TOSA leaves open what becomes of such large values")
        if status != tosa_reference_model.GraphStatus.TOSA_VALID:
            raise NotExpressible(f"the reference model says {status.name}")
        return np.asarray(outputs[0], np.int8)

    def _within_reach(
        self, x: Value, factors: npt.NDArray[np.int64], places: npt.NDArray[np.int64]
    ) -> Value:
        """Return sums that RESCALE defines a result for: below `2**(shift - 1)`.

        What lies beyond is saturated, which changes no result if the bound is far outside of int8
        when it is rescaled.
        """
        bounds = (np.int64(1) << np.minimum(places - 1, 31)) - 1
        saturated = (bounds * factors) >> places >= _FAR_OUTSIDE
        bounds = np.where(saturated, bounds, _INT32_MAX)
        if bounds.min() == _INT32_MAX:
            return x
        shape = (*[1] * (len(x.shape) - 1), len(bounds))
        for op, limit in (("MINIMUM", bounds), ("MAXIMUM", -bounds)):
            x = self.binary(op, x, self.constant(limit.reshape(shape), "INT32"), self.ignored_nan())
        return x

    def _type(self, name: str) -> Any:
        return getattr(self._tosa.DType, name)


#: Operators as the serializer's attributes name them.
_CAMEL = {
    "ADD": "Add",
    "ARITHMETIC_RIGHT_SHIFT": "ArithmeticRightShift",
    "CLAMP": "Clamp",
    "CLZ": "Clz",
    "CONCAT": "Concat",
    "CONV2D": "Conv2d",
    "DEPTHWISE_CONV2D": "DepthwiseConv2d",
    "GATHER": "Gather",
    "GREATER_EQUAL": "GreaterEqual",
    "INTDIV": "IntDiv",
    "LOGICAL_LEFT_SHIFT": "LogicalLeftShift",
    "MAXIMUM": "Maximum",
    "MAX_POOL2D": "MaxPool2d",
    "MINIMUM": "Minimum",
    "MUL": "Mul",
    "PAD": "Pad",
    "REDUCE_MAX": "ReduceMax",
    "REDUCE_SUM": "ReduceSum",
    "RESCALE": "Rescale",
    "RESHAPE": "Reshape",
    "SELECT": "Select",
    "SLICE": "Slice",
    "SUB": "Sub",
    "TABLE": "Table",
    "TRANSPOSE": "Transpose",
}
