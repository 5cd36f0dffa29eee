"""Add, Sub, Mul, Div and BatchNormalization: with constants, and of two activations."""

from __future__ import annotations

import numpy as np

from isomac.importers.onnx.call import Call, Value, operator
from isomac.importers.onnx.constant import Constant
from isomac.importers.onnx.values.base import Real
from isomac.importers.onnx.values.moves import ChannelsLast
from isomac.importers.onnx.values.sums import Sum
from isomac.importers.onnx.values.table import Table, combined


@operator("Add", "Sum")
def add(call: Call) -> Value:
    """Add a constant, or two activations of the same shape."""
    _check_two(call)
    a, b = call.operand(0), call.operand(1)
    if isinstance(a, Constant) or isinstance(b, Constant):
        value, position = _sides(call)
        return call.folded(value.added(call.channel_constant(position, value.shape)), value)
    first, second = call.real(0), call.real(1)
    if isinstance(first, Table) or isinstance(second, Table):
        table = combined(first, second, call.emitter, np.add, "add")
        if table is not None:
            return table
    if first.shape != second.shape:
        raise call.refuse(f"the shapes must be the same, not {first.shape} and {second.shape}")
    return Sum(call.node, first.shape, call.stored(0), call.stored(1))


@operator("Sub")
def subtract(call: Call) -> Value:
    """Subtract a constant, or from one."""
    a, b = call.operand(0), call.operand(1)
    if isinstance(b, Constant):
        value = call.real(0)
        return call.folded(value.added(-call.channel_constant(1, value.shape)), value)
    if isinstance(a, Constant):
        value = call.real(1)
        negative = call.folded(value.multiplied(np.array(-1.0)), value)
        return call.folded(negative.added(call.channel_constant(0, value.shape)), value)
    table = combined(call.real(0), call.real(1), call.emitter, np.subtract, "subtract")
    if table is None:
        raise call.refuse("the difference of two activations is not supported, only their sum")
    return table


@operator("Mul")
def multiply(call: Call) -> Value:
    """Multiply with a constant, or two functions of the same activation."""
    a, b = call.operand(0), call.operand(1)
    if isinstance(a, Constant) or isinstance(b, Constant):
        value, position = _sides(call)
        return _multiplied(call, value, position)
    table = combined(call.real(0), call.real(1), call.emitter, np.multiply, "product")
    if table is None:
        raise call.refuse(
            "the product of two activations is not supported, unless both are functions of single"
            " values of one tensor"
        )
    return table


@operator("Div")
def divide(call: Call) -> Value:
    """Divide by a constant, or a constant by a value, or functions of the same activation."""
    a, b = call.operand(0), call.operand(1)
    if isinstance(b, Constant):
        value = call.real(0)
        divisor = call.channel_constant(1, value.shape)
        if not divisor.all():
            raise call.refuse("it divides by zero")
        return call.folded(value.multiplied(1 / divisor), value)
    if isinstance(a, Constant):
        value = call.real(1)
        number = call.channel_constant(0, value.shape)
        if number.ndim:
            raise call.refuse("a constant that is divided must be one number")
        dividend = np.float32(number)
        return call.folded(value.mapped(lambda x: dividend / x, "reciprocal"), value)
    table = combined(call.real(0), call.real(1), call.emitter, np.divide, "quotient")
    if table is None:
        raise call.refuse("the quotient of two activations is not supported")
    return table


@operator("BatchNormalization")
def batch_norm(call: Call) -> Value:
    """A factor and an offset for each channel."""
    if call.node.integer("training_mode", 0):
        raise call.refuse("in training mode it depends on the batch")
    value = call.map_or_vector()
    names = ("scale", "bias", "mean", "variance")
    arrays = []
    for position, name in enumerate(names, 1):
        array = call.constant(position, f"its {name}").array.astype(np.float64)
        if array.shape != value.shape[:1] or not np.isfinite(array).all():
            raise call.refuse(f"its {name} must be a finite number for each channel")
        arrays.append(array)
    scale, bias, mean, variance = arrays
    if not (variance + call.node.real("epsilon", 1e-5) > 0).all():
        raise call.refuse("a variance is not positive")
    factor = scale / np.sqrt(variance + call.node.real("epsilon", 1e-5))
    scaled = call.folded(value.multiplied(factor), value)
    return call.folded(scaled.added(bias - mean * factor), value)


def _multiplied(call: Call, value: Real, position: int) -> Real:
    gains = call.channel_constant(position, value.shape)
    if not gains.any():
        raise call.refuse("it multiplies with zero")
    return call.folded(value.multiplied(gains), value)


def _sides(call: Call) -> tuple[Real, int]:
    """Return the activation, and the position of the constant."""
    position = 1 if isinstance(call.operand(1), Constant) else 0
    value = call.real(1 - position)
    if isinstance(value, ChannelsLast):
        array = call.constant(position, "one input").array
        if array.size != 1:
            raise call.refuse("its input has the channels behind the pixels; a Transpose is needed")
    return value, position


def _check_two(call: Call) -> None:
    if len(call.operands) != 2:
        raise call.refuse(f"it must have two inputs, not {len(call.operands)}")
