"""Operators on constants, which are computed when the file is read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isomac.importers.onnx.call import Call
from isomac.importers.onnx.constant import Constant
from isomac.importers.onnx.node import Array

#: Element types that Cast gives, by their numbers in ONNX.
_CASTS = {
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    6: np.int32,
    7: np.int64,
    9: np.bool_,
    11: np.float64,
}


#: Most bytes of all results of one file together.
RESULTS_MAX = 1 << 26


@dataclass
class Room:
    """Bytes that are left for the results of a file: a few nodes could double a constant often."""

    left: int = RESULTS_MAX

    def take(self, call: Call, size: float) -> None:
        """Take as many bytes as a result is going to have, before it is computed."""
        self.left -= int(min(size, 2 * RESULTS_MAX))
        if self.left < 0:
            raise call.refuse(
                f"up to here, what is computed from constants is more than {RESULTS_MAX} bytes"
            )


def fold(call: Call, room: Room) -> Constant | None:
    """Return the result of a node whose operands are all constants; None if it is not known."""
    function = _FOLDS.get(call.node.operator)
    if function is None:
        return None
    operands = [value for value in call.operands if isinstance(value, Constant)]
    try:
        size = _SIZES.get(call.node.operator)
        if size is not None:
            room.take(call, size(call, operands))
        return function(call, operands)
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        raise call.refuse(f"its constants do not fit: {error}") from error


def _constant(call: Call, _: list[Constant]) -> Constant:
    for name in ("value", "value_int", "value_float", "value_ints", "value_floats"):
        value = call.node.settings.get(name)
        if value is not None:
            if isinstance(value, np.ndarray):
                return Constant.plain(value)
            dtype = np.float32 if "float" in name else np.int64
            return Constant.plain(np.array(value, dtype))
    raise call.refuse("its value is of no supported kind")


def _reshape(call: Call, operands: list[Constant]) -> Constant:
    before = operands[0].shape
    shape = [int(size) for size in operands[1].array.reshape(-1)]
    if not call.node.integer("allowzero", 0):
        shape = [before[axis] if size == 0 else size for axis, size in enumerate(shape)]
    return _shaped(operands[0], _stand_in(operands[0]).reshape(shape).shape)


def _squeeze(call: Call, operands: list[Constant]) -> Constant:
    axes = operands[1].array.reshape(-1).tolist() if len(operands) > 1 else None
    squeezed = np.squeeze(_stand_in(operands[0]), None if axes is None else tuple(axes))
    return _shaped(operands[0], squeezed.shape)


def _unsqueeze(call: Call, operands: list[Constant]) -> Constant:
    axes = operands[1].array.reshape(-1).tolist()
    return _shaped(
        operands[0],
        np.expand_dims(np.broadcast_to(np.zeros(()), operands[0].shape), tuple(axes)).shape,
    )


def _flatten(call: Call, operands: list[Constant]) -> Constant:
    shape = operands[0].shape
    axis = call.node.integer("axis", 1)
    rows = int(np.prod(shape[: axis if axis >= 0 else axis + len(shape)], dtype=np.int64))
    return _shaped(operands[0], (rows, math.prod(shape) // max(rows, 1)))


def _stand_in(constant: Constant) -> Array:
    """Return an array of the same shape that costs nothing, to ask NumPy about shapes."""
    return np.broadcast_to(np.zeros((), np.int8), constant.shape)


def _shaped(constant: Constant, shape: tuple[int, ...]) -> Constant:
    if constant.steps is not None:
        steps = constant.steps.reshaped(shape)
        if steps is not None:
            return Constant.of_steps(steps)
    return Constant.plain(constant.array.reshape(shape))


def _transpose(call: Call, operands: list[Constant]) -> Constant:
    axes = call.node.integers("perm", None) or list(range(len(operands[0].shape)))[::-1]
    steps = operands[0].steps
    if steps is not None:
        return Constant.of_steps(steps.transposed(axes))
    return Constant.plain(operands[0].array.transpose(axes))


def _cast(call: Call, operands: list[Constant]) -> Constant:
    kind = _CASTS.get(call.node.integer("to", 0))
    if kind is None:
        raise call.refuse("it casts to a type that is not supported")
    if kind is np.float32 and operands[0].array.dtype == np.float32:
        return operands[0]
    return Constant.plain(operands[0].array.astype(kind))


def _concat(call: Call, operands: list[Constant]) -> Constant:
    return Constant.plain(np.concatenate([o.array for o in operands], call.node.integer("axis", 0)))


def _gather(call: Call, operands: list[Constant]) -> Constant:
    array, indices = operands[0].array, operands[1].array
    return Constant.plain(np.take(array, indices, axis=call.node.integer("axis", 0)))


def _slice(call: Call, operands: list[Constant]) -> Constant:
    array = operands[0].array
    starts, ends, *rest = [o.array.reshape(-1).tolist() for o in operands[1:]]
    axes = rest[0] if rest else list(range(len(starts)))
    steps = rest[1] if len(rest) > 1 else [1] * len(starts)
    index = [slice(None)] * array.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        index[axis] = slice(start, end, step)
    return Constant.plain(array[tuple(index)])


def _elementwise(function: Callable[..., Array]) -> Callable[[Call, list[Constant]], Constant]:
    def apply(call: Call, operands: list[Constant]) -> Constant:
        arrays = [operand.array for operand in operands]
        result = function(*arrays)
        return Constant.plain(np.asarray(result).astype(arrays[0].dtype))

    return apply


def _divide(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.asarray(a / b)
    if not b.all():
        raise ValueError("division by zero")
    return np.asarray(np.trunc(a.astype(np.float64) / b))


def _identity(call: Call, operands: list[Constant]) -> Constant:
    return operands[0]


#: The function of each operator.
_FOLDS: dict[str, Callable[[Call, list[Constant]], Constant]] = {
    "Add": _elementwise(np.add),
    "Cast": _cast,
    "Concat": _concat,
    "Constant": _constant,
    "Div": _elementwise(_divide),
    "Flatten": _flatten,
    "Gather": _gather,
    "Identity": _identity,
    "Mul": _elementwise(np.multiply),
    "Neg": _elementwise(np.negative),
    "Pow": _elementwise(np.power),
    "Reshape": _reshape,
    "Slice": _slice,
    "Sqrt": _elementwise(np.sqrt),
    "Squeeze": _squeeze,
    "Sub": _elementwise(np.subtract),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}


def _size_of_concat(call: Call, operands: list[Constant]) -> float:
    return sum(operand.array.nbytes for operand in operands)


def _size_of_gather(call: Call, operands: list[Constant]) -> float:
    array, indices = operands[0].array, operands[1].array
    length = array.shape[call.node.integer("axis", 0)]
    return array.nbytes / max(1, length) * indices.size


def _size_of_cast(call: Call, operands: list[Constant]) -> float:
    return operands[0].array.size * 8


def _size_of_elementwise(call: Call, operands: list[Constant]) -> float:
    shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    # NumPy computes in up to eight bytes a value, twice for what is brought back to its type.
    return math.prod(shape) * 16


#: An upper bound of the bytes that each operator takes; those that only look at an array take none.
_SIZES: dict[str, Callable[[Call, list[Constant]], float]] = {
    "Cast": _size_of_cast,
    "Concat": _size_of_concat,
    "Gather": _size_of_gather,
    **dict.fromkeys(("Add", "Div", "Mul", "Neg", "Pow", "Sqrt", "Sub"), _size_of_elementwise),
}

#: Their names.
FOLDED = frozenset(_FOLDS)
