"""The integers that scales become, one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from isomac.importers.tflite.fit import fit_multipliers
from isomac.importers.tflite.fixed_point import (
    FRACTION_BITS,
    divide_by_power,
    exp_on_negative_values,
    high_product,
)
from isomac.importers.tflite.recipes import (
    activation_range,
    check_headroom,
    mean_multiplier,
    quantize_multiplier,
    quantize_small_multiplier,
    round_half_away,
)
from isomac.importers.tflite.tensor import Affine, UnfitError
from isomac.importers.tflite.windows import framed_windows, windows


def rescaled(value: int, multiplier: int, shift: int, rounding: str = "single") -> int:
    product = value * multiplier
    half = 1 << (shift - 1)
    if rounding == "double" and shift > 31:
        half += -(1 << 30) if product < 0 else 1 << 30
    return (product + half) >> shift


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (0.0, (0, 31)),
        (0.5, (1 << 30, 31)),
        (1.0, (1 << 30, 30)),
        (0.75, (3 << 29, 31)),
        (math.nextafter(1.0, 0), (1 << 30, 30)),  # rounds up to the next power of two
        (2.0**-32, (1 << 30, 62)),
        (math.nextafter(2.0**-32, 0), (1 << 30, 62)),
        (2.0**-33, (0, 31)),
        (2.0**29, (1 << 30, 1)),
    ],
)
def test_multipliers(ratio: float, expected: tuple[int, int]) -> None:
    assert quantize_multiplier(ratio) == expected


def test_ratios_that_no_kernel_takes() -> None:
    with pytest.raises(UnfitError, match="too large"):
        quantize_multiplier(2.0**31)
    for ratio in (1.0, math.nextafter(1.0, 0)):
        with pytest.raises(UnfitError, match="too small a scale"):
            quantize_small_multiplier(ratio)
    check_headroom(1 << 20, 21)
    with pytest.raises(UnfitError, match="shifts left by 11 bits"):
        check_headroom(1 << 20, 20)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.5, 1), (-0.5, -1), (0.49999999999999994, 0), (2.5, 3), (-2.5, -3), (-2.4, -2)],
)
def test_half_away(value: float, expected: int) -> None:
    assert round_half_away(value) == expected


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "expected"),
    [
        (0, 0.1, 5, (-128, 127)),
        (1, 0.1, 5, (5, 127)),
        (3, 0.1, -128, (-128, -68)),
        (3, 0.01, 0, (0, 127)),
        (2, 0.02, 3, (-47, 53)),
    ],
)
def test_fused_activations(
    activation: int, scale: float, zero_point: int, expected: tuple[int, int]
) -> None:
    assert activation_range(activation, Affine(np.float32(scale), zero_point)) == expected


@pytest.mark.parametrize("pixels", [1, 2, 3, 4, 6, 7, 49, 64, 100, 1023, 1 << 20])
def test_means_round_half_away_from_zero(pixels: int) -> None:
    multiplier, shift = mean_multiplier(pixels)
    assert multiplier < 1 << 31
    rng = np.random.default_rng(pixels)
    sums = {int(s) for s in rng.integers(-128 * pixels, 127 * pixels + 1, 2000)}
    for step in range(-128, 128):
        sums |= {step * pixels + pixels // 2 + offset for offset in (-1, 0, 1)}
    for total in sums:
        if not -128 * pixels <= total <= 127 * pixels:
            continue
        half = pixels // 2
        expected = (total + half) // pixels if total > 0 else -((half - total) // pixels)
        assert rescaled(total, multiplier, shift) == expected


RATIOS = [2.0**-8, 2.0**-1, 1.0, 2.0, 0.75, 3 * 2.0**-12, 1 / 3, 0.00123, 1e-6, 37.5, 2.0**-20]


@pytest.mark.parametrize("zero_point", [-128, 0, 127])
@pytest.mark.parametrize("ratio", [*RATIOS, 2.0**-24, 2.0**-31, 5e-7, 2.0**-9 * (1 + 2.0**-23)])
def test_one_rounding_in_double(ratio: float, zero_point: int) -> None:
    """At halves above all: powers of two reach them on both sides of zero."""
    bound = min((1 << 30) - 1, int(300 / ratio) + 2)
    multiplier, shift = fit_multipliers(np.array([ratio]), np.array([bound]), zero_point)
    rng = np.random.default_rng(0)
    accumulators = {int(a) for a in rng.integers(-bound, bound + 1, 3000)}
    for step in range(-256, 256):
        near = int((step + 0.5) / ratio)
        accumulators |= {near + offset for offset in (-1, 0, 1) if abs(near) < bound}
    for accumulator in accumulators:
        expected = round_half_away(accumulator * ratio) + zero_point
        actual = rescaled(accumulator, int(multiplier[0]), int(shift[0])) + zero_point
        assert max(-128, min(127, actual)) == max(-128, min(127, expected)), accumulator


def test_multipliers_of_many_channels() -> None:
    ratios = np.array([0.01, 2.0**-8, 0.01, 1e-12])
    multiplier, shift = fit_multipliers(ratios, np.array([1 << 20, 1 << 20, 99, 1 << 20]), 3)
    assert multiplier[3] == 0
    # Half up is made half away from zero by a unit more.
    assert multiplier[1] == (1 << 30) + 1
    assert (multiplier[0], shift[0]) == (multiplier[2], shift[2])


def test_a_ratio_for_which_there_is_no_multiplier() -> None:
    """With accumulators of 31 bits, a unit is a step of its own on one side of zero."""
    with pytest.raises(UnfitError, match="no integer multiplier"):
        fit_multipliers(np.array([2.0**-24]), np.array([(1 << 31) - 1]), 0)


def test_accumulators_that_leave_int32() -> None:
    with pytest.raises(UnfitError, match="leave int32"):
        fit_multipliers(np.array([1024.0]), np.array([1 << 22]), 0)


def test_the_exponential_is_close_to_the_real_one() -> None:
    previous = 0
    for argument in range(-(20 << FRACTION_BITS), 1, 1 << 22):
        value = exp_on_negative_values(argument)
        assert abs(value / 2**31 - math.exp(argument / 2**FRACTION_BITS)) < 1e-6
        assert value >= previous
        previous = value
    assert exp_on_negative_values(0) == (1 << 31) - 1


def test_fixed_point() -> None:
    assert high_product(1 << 30, 1 << 30) == 1 << 29
    assert high_product(-(1 << 31), -(1 << 31)) == (1 << 31) - 1
    assert high_product(-3, 1 << 30) == -1
    assert [divide_by_power(value, 1) for value in (-3, -1, 1, 3)] == [-2, -1, 1, 2]
    assert divide_by_power(-5, 0) == -5


def test_windows_pad_as_tflite_does() -> None:
    options = {"Padding": 0, "StrideH": 2, "StrideW": 2}
    even, odd = windows(options, (8, 8), (3, 3)), windows(options, (7, 7), (3, 3))
    assert (even.padding, even.size) == ((0, 0, 1, 1), (4, 4))
    assert (odd.padding, odd.size) == ((1, 1, 1, 1), (4, 4))
    options["Padding"] = 1
    assert windows(options, (8, 7), (3, 3)).size == (3, 3)
    assert framed_windows(options, (8, 8), (3, 3), (3, 0, 0, 0)) is None
    framed = framed_windows(options, (8, 8), (3, 3), (2, 0, 1, 0))
    assert framed is not None
    assert (framed.padding, framed.size) == ((2, 0, 1, 0), (5, 3))
