"""Reciprocals by Newton's iteration, in the fixed-point arithmetic of TFLite's reference kernels.

A sum S of exponentials is normalized to d = S / 2**L in [1/2, 1), where L is its width. Then 1/d is
found from a line that is close to it, ``48/17 - 32/17 d``, in three steps ``x += x * (1 - d * x)``.
d has 31 fractional bits, the estimates x have 29, and every product is rounded to the bits of x.
"""

#: Fractional bits of an exponential, and bits it loses before it is added up.
EXPONENTIAL_BITS = 31
SUM_SHIFT = 12
#: The smallest exponential that a sum counts as 1.0, and with which no sum has fewer bits than
#: ``SUM_BITS_MIN``. No sum may have more than ``SUM_BITS_MAX``.
EXPONENTIAL_ONE = (1 << EXPONENTIAL_BITS) - (1 << (SUM_SHIFT - 1))
SUM_BITS_MIN, SUM_BITS_MAX = EXPONENTIAL_BITS - SUM_SHIFT + 1, 31
#: Bits of the normalized sum, which has its highest bit set, and of the reciprocal.
DIVISOR_BITS = RECIPROCAL_BITS = 31
#: Fractional bits of 1 in an estimate, the line, and the number of steps.
ESTIMATE_BITS = 29
ONE = 1 << ESTIMATE_BITS
INTERCEPT, SLOPE = 1515870810, -1010580540
STEPS = 3
#: Places by which a product moves down: to the bits of an estimate; to 1/256 with a sum of
#: ``SUM_BITS_MIN`` bits, each bit more of which moves it down one further. That is rounded twice,
#: first at ``FIRST_SHIFT``.
PRODUCT_SHIFT = FIRST_SHIFT = 31
SHARE_BITS = 8
SHARE_SHIFT = EXPONENTIAL_BITS + RECIPROCAL_BITS - SHARE_BITS


def rounded_sum(exponentials: list[int]) -> int:
    """What the reciprocal is taken of: the sum of exponentials, each of which is rounded."""
    return sum((exponential + (1 << (SUM_SHIFT - 1))) >> SUM_SHIFT for exponential in exponentials)


def reciprocal(divisor: int) -> int:
    """About ``2**61 / divisor``, for divisors in [2**30, 2**31); less than 2**31."""
    estimate = INTERCEPT + _product(divisor, SLOPE)
    for _ in range(STEPS):
        error = ONE - _product(divisor, estimate)
        estimate += _product(estimate, error) << 2
    return min(estimate << 1, (1 << RECIPROCAL_BITS) - 1)


def shares(exponentials: list[int]) -> list[int]:
    """Each exponential over the sum of all of them, in steps of 1/256."""
    total = rounded_sum(exponentials)
    bits = total.bit_length()
    factor = reciprocal(total << (DIVISOR_BITS - bits))
    shift = SHARE_SHIFT + bits - SUM_BITS_MIN
    half = (1 << (FIRST_SHIFT - 1)) + (1 << (shift - 1))
    return [(exponential * factor + half) >> shift for exponential in exponentials]


def _product(a: int, b: int) -> int:
    return (a * b + (1 << (PRODUCT_SHIFT - 1))) >> PRODUCT_SHIFT
