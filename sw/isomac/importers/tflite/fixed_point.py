"""The fixed-point arithmetic of gemmlowp in Python integers, and the exponential made from it."""

from __future__ import annotations

_HALF = 1 << 30
_ONE = (1 << 31) - 1

#: exp(-1/8) and 1/3 with 31 fractional bits.
_EXP_OF_CENTER = 1895147668
_THIRD = 715827883

#: exp(-2**k) with 31 fractional bits, for k = -2 to 4.
_EXP_OF_POWERS = {
    -2: 1672461947,
    -1: 1302514674,
    0: 790015084,
    1: 290630308,
    2: 39332535,
    3: 720401,
    4: 242,
}

#: Integer bits of the argument of `exp_on_negative_values`, and its fractional bits then.
INTEGER_BITS = 5
FRACTION_BITS = 31 - INTEGER_BITS


def high_product(a: int, b: int) -> int:
    """Return `a * b / 2**31`, half up: saturating, rounding, doubling high multiplication."""
    return min((a * b + _HALF) >> 31, _ONE)


def divide_by_power(value: int, exponent: int) -> int:
    """Return `value / 2**exponent`, half away from zero."""
    if exponent == 0:
        return value
    half = 1 << (exponent - 1)
    return (value + half) >> exponent if value >= 0 else -((-value + half) >> exponent)


def exp_on_negative_values(argument: int, integer_bits: int = INTEGER_BITS) -> int:
    """Return exp, with 31 fractional bits, of an argument from `-2**integer_bits` to 0.

    The argument has the fractional bits that 4 or 5 integer bits leave of 31.
    """
    fraction_bits = 31 - integer_bits
    if argument == 0:
        return _ONE
    quarter = 1 << (fraction_bits - 2)
    remainder = (argument & (quarter - 1)) - quarter
    result = _exp_near_eighth(remainder << integer_bits)
    # The rest is a sum of powers of two: a product for each.
    rest = remainder - argument
    for power, factor in _EXP_OF_POWERS.items():
        if power < integer_bits and rest & (1 << (fraction_bits + power)):
            result = high_product(result, factor)
    return result


def _exp_near_eighth(argument: int) -> int:
    """Return exp of an argument in [-1/4, 0), both with 31 fractional bits: a series about -1/8."""
    x = argument + (1 << 28)
    x2 = high_product(x, x)
    x3 = high_product(x2, x)
    x4 = high_product(x2, x2)
    third = high_product(divide_by_power(x4, 2) + x3, _THIRD)
    tail = divide_by_power(third + x2, 1)
    return _EXP_OF_CENTER + high_product(_EXP_OF_CENTER, x + tail)
