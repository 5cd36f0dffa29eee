"""How TFLite's reference kernels turn scales into integers, to the last bit.

Scales are float32 in the file. Where a kernel multiplies or divides them in float32 and where in
double is part of the recipe: the callers pass what the kernel has at that place.
"""

from __future__ import annotations

import math

import numpy as np

from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.importers.tflite.tensor import Affine, UnfitError

#: A multiplier is a fraction of this many bits.
FRACTION_BITS = 31
_INT32_LIMIT = 1 << 31


def split(ratio: float) -> tuple[int, int]:
    """Return (multiplier, exponent), `multiplier * 2**(exponent - 31)`: `QuantizeMultiplier`.

    A ratio below about 2**-32 becomes 0.
    """
    if ratio == 0:
        return 0, 0
    fraction, exponent = math.frexp(ratio)
    multiplier = round_half_away(math.ldexp(fraction, FRACTION_BITS))
    if multiplier == _INT32_LIMIT:
        multiplier >>= 1
        exponent += 1
    return (0, 0) if exponent < -FRACTION_BITS else (multiplier, exponent)


def quantize_multiplier(ratio: float) -> tuple[int, int]:
    """Return (multiplier, shift), with `multiplier / 2**shift` for the ratio.

    Raises
    ------
    UnfitError
        If the ratio is beyond the shifts of the kernels.
    """
    multiplier, exponent = split(ratio)
    if exponent >= FRACTION_BITS:
        raise UnfitError(f"the ratio of its scales is {ratio!r}, which is too large")
    return multiplier, FRACTION_BITS - exponent


def quantize_small_multiplier(ratio: float) -> tuple[int, int]:
    """Return (multiplier, shift) for a ratio that the kernel requires to be below 1.

    Raises
    ------
    UnfitError
        If it is not, even after rounding.
    """
    multiplier, shift = quantize_multiplier(ratio)
    if shift < FRACTION_BITS:
        raise UnfitError(
            f"its output has too small a scale: a ratio of scales is {ratio!r}, and TFLite's kernel"
            f" accepts ratios below 1"
        )
    return multiplier, shift


def mean_multiplier(pixels: int) -> tuple[int, int]:
    """Return (multiplier, shift) that average the bytes of up to 2**20 pixels, half away from zero.

    AVERAGE_POOL_2D adds half the number of pixels to the magnitude of the sum and divides. The
    multiplier is above the ratio by at most one unit, which moves a half away from zero on both
    sides and no other sum over a step.
    """
    shift = 30 + pixels.bit_length() - 1
    return (1 << shift) // pixels + 1, shift


def check_headroom(bound: int, shift: int) -> None:
    """Require that a value of this magnitude fits int32 after the kernel's shift to the left.

    Kernels shift left first where a multiplier is above 1, and what leaves int32 there is lost.
    """
    if bound << max(0, FRACTION_BITS - shift) >= _INT32_LIMIT:
        raise UnfitError(
            f"its values can reach {bound}, which TFLite's kernel shifts left by"
            f" {FRACTION_BITS - shift} bits, out of int32"
        )


def round_half_away(value: float) -> int:
    """Return the nearest integer, half away from zero: C's `round`."""
    whole = math.trunc(value)
    if abs(value - whole) >= 0.5:
        whole += 1 if value > 0 else -1
    return whole


#: The bounds of the activations that can be fused into an operator, by their number in the schema.
_BOUNDS: dict[int, tuple[float | None, float | None]] = {
    0: (None, None),
    1: (0.0, None),
    2: (-1.0, 1.0),
    3: (0.0, 6.0),
}


def activation_range(activation: int, output: Affine) -> tuple[int, int]:
    """Return the clamp of a fused activation, as `CalculateActivationRangeQuantized`.

    Raises
    ------
    UnfitError
        If there is no integer kernel for it.
    """
    if activation not in _BOUNDS:
        raise UnfitError(
            "its fused activation must be NONE, RELU, RELU_N1_TO_1 or RELU6, not number"
            f" {activation}"
        )
    return clamp_range(*_BOUNDS[activation], output)


def clamp_range(low: float | None, high: float | None, output: Affine) -> tuple[int, int]:
    """Return real bounds as steps of the output, each within int8.

    Raises
    ------
    UnfitError
        If a bound is too many steps away for int32.
    """
    quant_min = INT8_MIN if low is None else max(INT8_MIN, _steps(low, output))
    quant_max = INT8_MAX if high is None else min(INT8_MAX, _steps(high, output))
    return quant_min, quant_max


def _steps(value: float, output: Affine) -> int:
    quotient = float(np.float32(value) / output.scale)
    if not abs(quotient) < _INT32_LIMIT:
        raise UnfitError(f"its output has too small a scale, {float(output.scale)!r}")
    return output.zero_point + round_half_away(quotient)
