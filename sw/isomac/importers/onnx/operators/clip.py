"""Clip and Relu: of real values, and of the steps behind a QuantizeLinear."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from isomac.importers.onnx.call import Call, Value, operator
from isomac.importers.onnx.constant import Constant
from isomac.importers.onnx.quantization import Bounds
from isomac.importers.onnx.values.stored import Stored


@operator("Clip")
def clip(call: Call) -> Value:
    """min(max(x, low), high); the bounds are inputs, each may be left out."""
    low = call.number(1, "the lower bound", -math.inf)
    high = call.number(2, "the upper bound", math.inf)
    if math.isnan(low) or math.isnan(high):
        raise call.refuse("a bound is not a number")
    return _within(call, (low, high))


@operator("Relu")
def relu(call: Call) -> Value:
    """max(x, 0)."""
    return _within(call, (0.0, math.inf))


@operator("Max")
def largest(call: Call) -> Value:
    """The larger of a value and a number."""
    return _within(call, (call.number(1, "all but the first input", -math.inf), math.inf))


@operator("Min")
def smallest(call: Call) -> Value:
    """The smaller of a value and a number."""
    return _within(call, (-math.inf, call.number(1, "all but the first input", math.inf)))


def _within(call: Call, bounds: Bounds) -> Value:
    value = call.operand(0)
    if len(call.operands) > (3 if call.node.operator == "Clip" else 2):
        raise call.refuse("it has too many inputs")
    if isinstance(value, Constant):
        # NumPy keeps the dtype where a bound is one of its numbers.
        limits = np.clip(bounds, *_limits(value.array.dtype)).astype(value.array.dtype)
        return Constant.plain(np.minimum(np.maximum(value.array, limits[0]), limits[1]))
    if isinstance(value, Stored):
        low, high = (int(min(max(bound, -1000), 1000)) for bound in bounds)
        return value.clipped(low, high)
    real = call.real(0)
    return call.folded(real.clamped(bounds), real)


def _limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return float(limits.min), float(limits.max)
    return -math.inf, math.inf
