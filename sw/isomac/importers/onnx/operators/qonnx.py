"""Quant of QONNX: quantization and its inverse in one node, with any number of bits up to 8."""

from __future__ import annotations

import numpy as np

from isomac.importers.onnx.call import Call, Value, operator
from isomac.importers.onnx.constant import Constant, Steps
from isomac.importers.onnx.node import Array
from isomac.importers.onnx.operators.quantize import check_scale, dequantized
from isomac.importers.onnx.quantization import Quantization
from isomac.importers.onnx.values.stored import Stored


@operator("qonnx.custom_op.general.Quant", "onnx.brevitas.Quant")
def quant(call: Call) -> Value:
    """Inputs: value, scale, zero point, number of bits."""
    scale = call.constant(1, "the scale").array
    point = call.constant(2, "the zero point").array
    bits = call.number(3, "the number of bits", 8.0)
    if call.node.text("rounding_mode", "ROUND") != "ROUND":
        raise call.refuse("its rounding_mode must be ROUND")
    if not bits.is_integer() or not 1 <= bits <= 32:
        raise call.refuse(f"the number of bits must be an integer from 1 on, not {bits:g}")
    check_scale(call, scale)
    low, high = _range(int(bits), call.node.integer("signed", 1), call.node.integer("narrow", 0))
    value = call.operand(0)
    if isinstance(value, Constant):
        return _constant(call, value.array, scale, point, (low, high))
    if (
        scale.size != 1
        or point.size != 1
        or bits > 8
        or not float(point.reshape(-1)[0]).is_integer()
    ):
        raise call.refuse("an activation must have one scale, one zero point and at most 8 bits")
    offset = 128 if high > 127 else 0
    target = Quantization(
        float(scale.reshape(-1)[0]), int(point.reshape(-1)[0]) - offset, low - offset, high - offset
    )
    if not -128 <= target.zero_point <= 127:
        raise call.refuse("its zero point lies beyond its range")
    return dequantized(call, Stored(call.real(0), target, offset), target)


def _range(bits: int, signed: int, narrow: int) -> tuple[int, int]:
    if signed:
        return -(1 << (bits - 1)) + bool(narrow), (1 << (bits - 1)) - 1
    return 0, (1 << bits) - 1 - bool(narrow)


def _constant(
    call: Call, array: Array, scale: Array, point: Array, limits: tuple[int, int]
) -> Constant:
    if array.dtype != np.float32 or scale.ndim > array.ndim or point.size != 1:
        raise call.refuse("a constant must be float32, with one zero point")
    zero = float(point.reshape(-1)[0])
    # As many dimensions as the constant, with the full size on at most one of them.
    scale = scale.reshape((1,) * (array.ndim - scale.ndim) + scale.shape)
    full = [axis for axis, size in enumerate(scale.shape) if size > 1]
    if len(full) > 1 or any(scale.shape[axis] != array.shape[axis] for axis in full):
        raise call.refuse(f"its scale of shape {scale.shape} does not follow one axis")
    steps = np.clip(np.rint(array / scale + np.float32(zero)), *limits) - zero
    if not np.isfinite(steps).all() or (np.abs(steps) >= 2.0**31).any():
        raise call.refuse("a constant is not finite")
    return Constant.of_steps(Steps(steps.astype(np.int32), scale))
