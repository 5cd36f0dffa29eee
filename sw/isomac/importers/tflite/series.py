"""Logistic function and hyperbolic tangent in gemmlowp's fixed point, as TFLite Micro has them.

Both come from the exponential of a negative argument and Newton's iteration for a reciprocal. What
LiteRT's kernels compute in float32 is in `isomac.importers.tflite.operators.functions`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from isomac.importers.tflite.fixed_point import (
    divide_by_power,
    exp_on_negative_values,
    high_product,
)
from isomac.importers.tflite.recipes import FRACTION_BITS, round_half_away
from isomac.importers.tflite.tensor import Affine, UnfitError

#: Integer bits of the argument, whose sign takes a bit more.
_INTEGER_BITS = 4
_ARGUMENT_BITS = 31 - _INTEGER_BITS
_ONE = (1 << 31) - 1
#: The line closest to 1/d for d in [1/2, 1], 1, and the steps of Newton's iteration.
_INTERCEPT, _SLOPE, _UNIT, _STEPS = 1515870810, -1010580540, 1 << 29, 3
_LOGISTIC_BITS, _TANH_BITS = 8, 7
#: Beyond it, the kernel shifts its own constants out of 64 bits.
_SHIFT_MAX = 62


def logistic(byte: int, entry: Affine) -> int:
    """Return 1 / (1 + exp(-x)) in steps of 1/256 from -128 on; 128 is to be clamped."""
    argument = _argument(byte, entry)
    if isinstance(argument, _Beyond):
        return argument.limit
    exponential = exp_on_negative_values(-abs(argument), _INTEGER_BITS)
    positive = min(_reciprocal(exponential) << 1, _ONE)
    result = positive if argument > 0 else _ONE - positive
    if argument == 0:
        result = 1 << 30
    return divide_by_power(result, 31 - _LOGISTIC_BITS) - 128


def tanh(byte: int, entry: Affine) -> int:
    """Return the hyperbolic tangent in steps of 1/128; 128 is to be clamped."""
    argument = _argument(byte, entry)
    if isinstance(argument, _Beyond):
        return argument.limit
    if argument == 0:
        return 0
    # exp(-2|x|): the same bits with one more integer bit.
    exponential = exp_on_negative_values(-abs(argument), _INTEGER_BITS + 1)
    magnitude = min((_reciprocal(exponential) - _UNIT) << 2, _ONE)
    return divide_by_power(magnitude if argument > 0 else -magnitude, 31 - _TANH_BITS)


@dataclass(frozen=True)
class _Beyond:
    """An argument so large that the function is at its limit."""

    limit: int


def _argument(byte: int, entry: Affine) -> int | _Beyond:
    """Return the argument in fixed point."""
    ratio = float(entry.scale) * (1 << _ARGUMENT_BITS)
    fraction, left = math.frexp(ratio)
    multiplier = round_half_away(math.ldexp(fraction, FRACTION_BITS))
    if not 0 <= left <= _SHIFT_MAX or multiplier > _ONE:
        raise UnfitError(f"the scale of its input, {float(entry.scale)!r}, is none of the kernel's")
    radius = math.floor(((1 << _INTEGER_BITS) - 1) * (1 << _ARGUMENT_BITS) / (1 << left))
    steps = byte - entry.zero_point
    # With a radius of 0 every value is beyond it, on the lower side first.
    if steps <= -radius:
        return _Beyond(-128)
    if steps >= radius:
        return _Beyond(127)
    return high_product(steps << left, multiplier)


def _reciprocal(exponential: int) -> int:
    """Return 1 / d with 29 fractional bits, for d = (1 + exponential) / 2."""
    half = (exponential + (1 << 31)) >> 1
    estimate = _INTERCEPT + high_product(half, _SLOPE)
    for _ in range(_STEPS):
        error = _UNIT - high_product(half, estimate)
        estimate += high_product(estimate, error) << 2
    return estimate
