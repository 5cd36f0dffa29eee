"""Multipliers and shifts from ratios of scales."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isomac.errors import GraphError
from isomac.graph.rescale_constants import add_constants, rescale_constants

BITS = st.integers(2, 31)
RATIOS = st.floats(2.0**-31, 0.999)


@given(RATIOS, BITS)
def test_the_closest_multiplier_of_full_width(ratio: float, bits: int) -> None:
    multiplier, shift = rescale_constants(ratio, bits)
    assert 2 ** (bits - 1) <= multiplier < 2**bits
    assert 1 <= shift <= 62
    assert abs(Fraction(multiplier, 2**shift) - Fraction(ratio)) <= Fraction(1, 2 ** (shift + 1))


@given(RATIOS, RATIOS, st.sampled_from([0.999, 1.0, 1.7]), BITS)
def test_two_multipliers_on_one_shift(a: float, b: float, out: float, bits: int) -> None:
    (first, second), shift = add_constants(a, b, out, bits)
    assert 2 ** (bits - 1) <= max(first, second) < 2**bits
    for scale, multiplier in ((a, first), (b, second)):
        error = abs(Fraction(multiplier, 2**shift) - Fraction(scale / out))
        assert error <= Fraction(1, 2 ** (shift + 1))
    assert rescale_constants(max(a / out, b / out), bits) == (max(first, second), shift)


def test_a_fraction_that_rounds_up_to_one() -> None:
    ratio = math.nextafter(1.0, 0.0)
    assert rescale_constants(ratio) == (2**30, 30)
    assert add_constants(ratio, ratio / 2, 1.0) == ((2**30, 2**29), 30)


def test_known_constants() -> None:
    assert rescale_constants(0.5) == (2**30, 31)
    assert rescale_constants(1.0) == (2**30, 30)
    assert rescale_constants(2.0**-32) == (2**30, 62)
    assert rescale_constants(3.0, bits=8) == (192, 6)
    assert add_constants(1.0, 0.25, 2.0) == ((2**30, 2**28), 31)


@pytest.mark.parametrize(
    ("ratio", "bits", "sentence"),
    [
        (2.0**31, 31, "would need a shift of -1 with a multiplier of 31 bits"),
        (2.0**-33, 31, r"would need a shift of 63 .* must be in \[1, 62\]"),
        (0.0, 31, "must be positive and finite, not 0.0"),
        (-1.0, 31, "must be positive and finite, not -1.0"),
        (math.inf, 31, "must be positive and finite, not inf"),
        (math.nan, 31, "must be positive and finite, not nan"),
        (0.5, 32, "must have 2 to 31 bits, not 32"),
        (0.5, 1, "must have 2 to 31 bits, not 1"),
    ],
)
def test_ratios_that_cannot_be_expressed(ratio: float, bits: int, sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        rescale_constants(ratio, bits)


@pytest.mark.parametrize(
    ("scales", "sentence"),
    [
        ((0.0, 1.0, 1.0), "scales must be positive and finite, not 0.0 and 1.0"),
        ((1.0, 1.0, math.inf), "scales must be positive and finite, not 1.0 and inf"),
        ((1e12, 1.0, 1.0), "would need a shift of -9"),
    ],
)
def test_scales_that_cannot_be_added(scales: tuple[float, float, float], sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        add_constants(*scales)
