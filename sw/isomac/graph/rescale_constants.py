"""Turn real factors between scales into integer multipliers and shifts."""

import math

from isomac.errors import GraphError
from isomac.graph.limits import SHIFT_MAX, SHIFT_MIN


def rescale_constants(scale_ratio: float, bits: int = 31) -> tuple[int, int]:
    """Return (multiplier, shift) with `multiplier / 2**shift` closest to `scale_ratio`.

    Parameters
    ----------
    scale_ratio
        Input scale (times weight scale) over output scale, positive and finite.
    bits
        Width of the multiplier, 2 to 31: it lies in `[2**(bits - 1), 2**bits)`.

    Raises
    ------
    GraphError
        If the ratio is so large or so small that the shift leaves [1, 62].
    """
    multiplier, shift = _normalized(scale_ratio, bits)
    _check_shift(shift, scale_ratio, bits)
    return multiplier, shift


def add_constants(
    scale_a: float, scale_b: float, scale_out: float, bits: int = 31
) -> tuple[tuple[int, int], int]:
    """Return ((multiplier a, multiplier b), shift) of an `Add`.

    Both multipliers stand on one shift; the larger lies in `[2**(bits - 1), 2**bits)`.

    Parameters
    ----------
    scale_a, scale_b, scale_out
        Scales of the two inputs and of the output, positive and finite.
    bits
        Width of the multipliers, 2 to 31.

    Raises
    ------
    GraphError
        If a scale is not positive, or the shift leaves [1, 62].
    """
    ratios = _ratio(scale_a, scale_out), _ratio(scale_b, scale_out)
    _, shift = _normalized(max(ratios), bits)
    _check_shift(shift, max(ratios), bits)
    multiplier_a, multiplier_b = (round(math.ldexp(ratio, shift)) for ratio in ratios)
    return (multiplier_a, multiplier_b), shift


def _ratio(scale: float, scale_out: float) -> float:
    if not (math.isfinite(scale) and scale > 0 and math.isfinite(scale_out) and scale_out > 0):
        raise GraphError(f"scales must be positive and finite, not {scale!r} and {scale_out!r}")
    return scale / scale_out


def _normalized(ratio: float, bits: int) -> tuple[int, int]:
    if not 2 <= bits <= 31:
        raise GraphError(f"a multiplier must have 2 to 31 bits, not {bits}")
    if not (math.isfinite(ratio) and ratio > 0):
        raise GraphError(f"a ratio of scales must be positive and finite, not {ratio!r}")
    fraction, exponent = math.frexp(ratio)
    multiplier = round(math.ldexp(fraction, bits))
    shift = bits - exponent
    if multiplier == 1 << bits:
        # A fraction just below 1 rounded up.
        multiplier >>= 1
        shift -= 1
    return multiplier, shift


def _check_shift(shift: int, ratio: float, bits: int) -> None:
    if not SHIFT_MIN <= shift <= SHIFT_MAX:
        raise GraphError(
            f"a ratio of scales of {ratio!r} would need a shift of {shift} with a multiplier of"
            f" {bits} bits, the shift must be in [{SHIFT_MIN}, {SHIFT_MAX}]"
        )
