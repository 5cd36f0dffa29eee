"""QuantizeLinear and DequantizeLinear: where real values become integers and come back."""

from __future__ import annotations

import numpy as np

from isomac.graph.limits import SCALE_MAX, SCALE_MIN
from isomac.importers.onnx.call import Call, Value, operator
from isomac.importers.onnx.constant import Constant, Steps
from isomac.importers.onnx.node import Array
from isomac.importers.onnx.quantization import Quantization
from isomac.importers.onnx.values.affine import Affine
from isomac.importers.onnx.values.base import Real
from isomac.importers.onnx.values.moves import ChannelsLast
from isomac.importers.onnx.values.stored import OFFSETS, IntegerInput, Stored


@operator("QuantizeLinear")
def quantize(call: Call) -> Value:
    """Steps of an activation, or the integers of a constant."""
    _check_kind(call)
    value = call.operand(0)
    if isinstance(value, Constant):
        return _quantized_constant(call, value)
    real = call.real(0)
    scale, zero_point = call.constant(1, "the scale").array, call.array(2, "the zero point")
    if zero_point is None:
        kind = {0: np.uint8, 2: np.uint8, 3: np.int8}.get(call.node.integer("output_dtype", 0))
        if kind is None:
            raise call.refuse("activations must be int8 or uint8")
        zero_point = np.zeros((), kind)
    target, offset = _steps(call, scale, zero_point)
    return Stored(real, target, offset)


@operator("DequantizeLinear")
def dequantize(call: Call) -> Value:
    """The real value of an activation or a constant."""
    _check_kind(call)
    value = call.operand(0)
    if isinstance(value, Constant):
        return _dequantized_constant(call, value)
    scale, zero_point = call.constant(1, "the scale").array, call.array(2, "the zero point")
    if isinstance(value, IntegerInput):
        dtype = np.uint8 if value.offset else np.int8
        target, offset = _steps(
            call, scale, np.zeros((), dtype) if zero_point is None else zero_point
        )
        if offset != value.offset:
            raise call.refuse("its zero point must have the type of its input")
        return dequantized(call, Stored(value.real, target, offset), target)
    if not isinstance(value, Stored):
        raise call.refuse("its input is not quantized")
    if zero_point is None:
        zero_point = np.array(0, np.uint8 if value.offset else np.int8)
    target, offset = _steps(call, scale, zero_point)
    if (target.zero_point, offset) != (value.target.zero_point, value.offset):
        raise call.refuse("its zero point must be that of the QuantizeLinear before it")
    return dequantized(call, value, target)


def dequantized(call: Call, stored: Stored, target: Quantization) -> Real:
    """Return the real value of steps that were written."""
    real, tensor = stored.real, stored.tensor(call.emitter)
    gain = target.scale / tensor.scale
    if isinstance(real, ChannelsLast):
        shape = real.inner.shape
        return ChannelsLast(call.node, real.shape, Affine(call.node, shape, tensor, gain))
    return Affine(call.node, real.shape, tensor, gain)


def _check_kind(call: Call) -> None:
    if call.node.integer("block_size", 0):
        raise call.refuse("a scale for each block of values is not supported")


def _steps(call: Call, scale: Array, zero_point: Array) -> tuple[Quantization, int]:
    """Return the steps of an activation, and what is taken off unsigned values."""
    if scale.size != 1 or zero_point.size != 1:
        raise call.refuse(
            f"an activation must have one scale and one zero point, not {scale.size} and"
            f" {zero_point.size}"
        )
    if zero_point.dtype not in OFFSETS:
        raise call.refuse(f"activations must be int8 or uint8, not {zero_point.dtype}")
    check_scale(call, scale)
    offset = OFFSETS[zero_point.dtype]
    return Quantization(
        float(scale.reshape(-1)[0]), int(zero_point.reshape(-1)[0]) - offset
    ), offset


def check_scale(call: Call, scale: Array) -> None:
    """Require scales that float32 can divide by."""
    if scale.dtype != np.float32:
        raise call.refuse(f"a scale must be float32, not {scale.dtype}")
    if scale.size == 0 or not bool(((scale >= SCALE_MIN) & (scale <= SCALE_MAX)).all()):
        raise call.refuse("a scale must be positive and finite, in [2**-64, 2**64]")


def _quantized_constant(call: Call, value: Constant) -> Constant:
    scale = call.constant(1, "the scale").array
    zero_point = call.array(2, "the zero point")
    if zero_point is None:
        zero_point = np.zeros(scale.shape, np.uint8)
    if value.array.dtype != np.float32 or zero_point.dtype not in OFFSETS:
        raise call.refuse("a constant must be float32 and become int8 or uint8")
    scales, points = _aligned(call, value.array, scale, zero_point)
    limits = np.iinfo(zero_point.dtype)
    steps = np.rint(value.array / scales) + points
    if np.isnan(steps).any():
        raise call.refuse("a constant is not a number")
    return Constant.plain(np.clip(steps, limits.min, limits.max).astype(zero_point.dtype))


def _dequantized_constant(call: Call, value: Constant) -> Constant:
    array, scale = value.array, call.constant(1, "the scale").array
    zero_point = call.array(2, "the zero point")
    if array.dtype.kind == "f" or array.dtype.itemsize > 4 or array.dtype == np.bool_:
        raise call.refuse(f"a constant must hold integers of 4 to 32 bits, not {array.dtype}")
    if zero_point is None:
        zero_point = np.zeros(scale.shape, array.dtype)
    if zero_point.dtype != array.dtype:
        raise call.refuse(
            f"its zero point must have the type of its values, {array.dtype}, not"
            f" {zero_point.dtype}"
        )
    scales, points = _aligned(call, array, scale, zero_point)
    if array.dtype.itemsize == 1:
        return Constant.of_steps(Steps(array.astype(np.int16) - points.astype(np.int16), scales))
    integers = array.astype(np.int64) - points
    if integers.size and np.abs(integers).max() >= 1 << 31:
        raise call.refuse("a constant less its zero point exceeds 32 bits")
    return Constant.of_steps(Steps(integers.astype(np.int32), scales))


def _aligned(call: Call, array: Array, scale: Array, zero_point: Array) -> tuple[Array, Array]:
    """Return scales, and zero points as int64, with as many dimensions as `array`."""
    check_scale(call, scale)
    if zero_point.size not in (1, scale.size):
        raise call.refuse(f"there are {scale.size} scales and {zero_point.size} zero points")
    if scale.size == 1:
        ones = [1] * array.ndim
        return scale.reshape(ones), zero_point.astype(np.int64).reshape(ones)
    axis = call.node.integer("axis", 1)
    if not -array.ndim <= axis < array.ndim or array.shape[axis] != scale.size:
        raise call.refuse(
            f"there are {scale.size} scales for axis {axis} of a constant of shape {array.shape}"
        )
    sizes = [1] * array.ndim
    sizes[axis] = scale.size
    points = np.broadcast_to(zero_point.astype(np.int64).reshape(-1), (scale.size,))
    return scale.reshape(sizes), points.reshape(sizes)
