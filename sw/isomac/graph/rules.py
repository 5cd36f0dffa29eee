"""Rules that several operators share, each a function that raises `GraphError` with a sentence."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from isomac.errors import GraphError
from isomac.graph.graph import Graph
from isomac.graph.limits import ACCUMULATOR_LIMIT, INT8_MAX, INT8_MIN
from isomac.graph.operation import Operation, Shape


class Clamped(Protocol):
    """An operation that clamps its result."""

    @property
    def quant_min(self) -> int: ...

    @property
    def quant_max(self) -> int: ...


def check_clamp(operation: Clamped) -> None:
    """Require quant_min <= quant_max."""
    if operation.quant_min > operation.quant_max:
        raise GraphError(
            f"{operation}: quant_min must not be above quant_max,"
            f" not {operation.quant_min} and {operation.quant_max}"
        )


def check_same_quantization(operation: Operation, graph: Graph) -> None:
    """Require scale and zero point of the output to be those of every input."""
    result = graph.tensor(operation.output)
    for name in operation.inputs:
        operand = graph.tensor(name)
        if (operand.scale, operand.zero_point) != (result.scale, result.zero_point):
            raise GraphError(
                f"{operation}: input {name!r} and output {result.name!r} must have the same"
                f" quantization, not scale {operand.scale!r} and zero point {operand.zero_point}"
                f" against scale {result.scale!r} and zero point {result.zero_point}"
            )


def require_map(operation: Operation, shape: Shape) -> tuple[int, int, int]:
    """Return `shape` as (C, H, W), or raise if it is not a map."""
    if len(shape) != 3:
        raise GraphError(f"{operation}: the input must have shape (C, H, W), not {shape}")
    channels, height, width = shape
    return channels, height, width


def same_shape(operation: Operation, shapes: Sequence[Shape]) -> Shape:
    """Return the one shape of two inputs, or raise if they differ."""
    a, b = (tuple(shape) for shape in shapes)
    if a != b:
        raise GraphError(f"{operation}: the inputs must have the same shape, not {a} and {b}")
    return a


def check_length(operation: Operation, field: str, length: int, expected: int) -> None:
    """Require a per-channel array to have one element for each output channel."""
    if length != expected:
        raise GraphError(
            f"{operation}: {field} must have one element for each of {expected} output channels,"
            f" not {length}"
        )


def window_shape(
    operation: Operation,
    size: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
) -> tuple[int, int]:
    """Return (H, W) of the output of a sliding window over a map.

    Parameters
    ----------
    size, kernel, stride, dilation
        (y, x) each.
    padding
        (top, left, bottom, right), each smaller than the dilated kernel, so that no window lies
        wholly beside the map.
    """
    result = []
    for axis, direction in enumerate(("vertical", "horizontal")):
        extent = (kernel[axis] - 1) * dilation[axis] + 1
        before, after = padding[axis], padding[axis + 2]
        if max(before, after) >= extent:
            raise GraphError(
                f"{operation}: {direction} padding must be smaller than the kernel, which spans"
                f" {extent}, not {before} and {after}"
            )
        padded = size[axis] + before + after
        if padded < extent:
            raise GraphError(
                f"{operation}: the kernel spans {extent}, more than the {direction} size {padded}"
                f" of the padded input"
            )
        result.append((padded - extent) // stride[axis] + 1)
    return result[0], result[1]


def largest_distance(zero_point: int) -> int:
    """Return the largest |x - zero_point| over all int8 x."""
    return max(INT8_MAX - zero_point, zero_point - INT8_MIN)


def check_accumulator(operation: Operation, bound: npt.NDArray[Any], what: str) -> None:
    """Require every bound on the magnitude of an accumulator to fit int32.

    Parameters
    ----------
    bound
        int64, one bound for each accumulator, any shape.
    what
        Name of that which the elements of `bound` belong to, such as "output channel".
    """
    outside = np.argwhere(bound >= ACCUMULATOR_LIMIT)
    if len(outside):
        index = tuple(int(i) for i in outside[0])
        label = index[0] if len(index) == 1 else index
        raise GraphError(
            f"{operation}: the accumulator of {what} {label} can reach"
            f" {int(bound[index])}, it must stay below 2**31"
        )
