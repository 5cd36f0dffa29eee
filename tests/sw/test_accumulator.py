"""The bounds of accumulators against all the inputs there are."""

import itertools

import numpy as np
import pytest

from isomac.graph.accumulator import accumulator_magnitude, accumulator_range, signed_bits


@pytest.mark.parametrize("zero_point", [-128, -5, 0, 127])
def test_extremes_are_reached_and_never_passed(zero_point: int) -> None:
    weight = np.array([[3, -2], [-128, -128], [127, 0], [0, 0]], np.int8)
    bias = np.array([10, -20, 2**31 - 2**20, 0], np.int32)
    found = accumulator_range(weight, bias, zero_point)
    magnitude = accumulator_magnitude(weight, bias, zero_point)
    corners = np.array(list(itertools.product((-128, zero_point, 127), repeat=2)))
    for channel, row in enumerate(weight.astype(np.int64)):
        raw = corners @ row
        total = int(bias[channel]) + (corners - zero_point) @ row
        assert (found.raw_min[channel], found.raw_max[channel]) == (raw.min(), raw.max())
        assert (found.total_min[channel], found.total_max[channel]) == (total.min(), total.max())
        assert (raw + found.bias[channel] == total).all()
        assert magnitude[channel] >= abs(total).max()


def test_partial_sums_stay_within_the_range() -> None:
    rng = np.random.default_rng(1)
    weight = rng.integers(-128, 128, (1, 50), np.int8)
    found = accumulator_range(weight, np.zeros(1, np.int32), 0)
    largest = np.where(weight > 0, 127, -128)
    sums = np.cumsum(weight.astype(np.int64) * largest)
    assert sums[-1] == found.raw_max[0]
    assert sums.min() >= found.raw_min[0]
    assert sums.max() <= found.raw_max[0]


def test_kernels_of_any_rank_count_as_rows() -> None:
    weight = np.ones((2, 3, 4, 5), np.int8)
    found = accumulator_range(weight, np.zeros(2, np.int32), 0)
    assert found.raw_min.tolist() == [-128 * 60] * 2
    assert found.raw_max.tolist() == [127 * 60] * 2


def test_widths_hold_the_worst_channel() -> None:
    weight = np.array([[-128] * 2, [1, 1]], np.int8)
    bias = np.array([0, 2**20 - 1], np.int32)
    found = accumulator_range(weight, bias, 0)
    # -128 * -128 * 2 = 2**15 takes 17 bits with its sign.
    assert found.raw_bits == 17
    # 2**20 - 1 + 254 takes 22.
    assert found.total_bits == 22


@pytest.mark.parametrize(
    ("low", "high", "bits"),
    [(0, 0, 1), (-1, 0, 1), (0, 1, 2), (-128, 127, 8), (-129, 0, 9), (-1, 128, 9), (5, 6, 4)],
)
def test_signed_bits(low: int, high: int, bits: int) -> None:
    assert signed_bits(low, high) == bits
