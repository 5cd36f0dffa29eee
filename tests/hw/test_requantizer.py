"""The requantizer against :meth:`Requantization.compute`, and that against exact fractions."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isomac_hw.requantizer import Requantization
from tests.hw.requantizer_bench import check

WIDTHS = Requantization(
    accumulator_bits=20,
    bias_bits=18,
    sum_bits=21,
    multiplier_bits=12,
    shift_min=3,
    shift_bits=4,
    has_add=True,
)
WITHOUT_ADD = replace(WIDTHS, has_add=False)

#: Of one byte: what changes every cycle.
Case = dict[str, Any]


def signed_range(bits: int) -> tuple[int, int]:
    return -(1 << bits - 1), (1 << bits - 1) - 1


def run(widths: Requantization, job: dict[str, Any], cases: Sequence[Case]) -> None:
    """Send the cases through, one a cycle, with the job's constants stable."""
    expected = [widths.compute(**case, **(job | {"add": bool(job.get("add"))})) for case in cases]
    check(widths, job, cases, expected)


def job(**changes: int) -> dict[str, int]:
    return {"zero_point": 0, "quant_min": -128, "quant_max": 127, **changes}


def corners(widths: Requantization) -> Iterator[Case]:
    """Every combination of the ends of all ranges, as far as the sum fits."""
    low, high = signed_range(widths.sum_bits)
    for total in (*signed_range(widths.accumulator_bits), -1, 0, 1):
        for bias in (*signed_range(widths.bias_bits), 0):
            for multiplier in (0, 1, (1 << widths.multiplier_bits) - 1):
                for shift_offset in (0, (1 << widths.shift_bits) - 1):
                    if low <= total + bias <= high:
                        yield {
                            "total": total,
                            "bias": bias,
                            "multiplier": multiplier,
                            "shift_offset": shift_offset,
                        }


WIDTH_CASES = [
    WITHOUT_ADD,
    WIDTHS,
    # A total with few bits, a long shift, and the other way round.
    Requantization(17, 4, 17, 31, 30, 5, True),
    Requantization(8, 8, 9, 1, 1, 1, False),
    Requantization(30, 30, 31, 31, 33, 3, False),
    # The sum may be narrower than its parts.
    Requantization(12, 12, 10, 6, 1, 2, False),
]


@pytest.mark.parametrize("widths", WIDTH_CASES)
@pytest.mark.parametrize(
    "constants",
    [
        job(),
        job(zero_point=127),
        job(zero_point=-128),
        job(zero_point=-5, quant_min=-5, quant_max=40),
        # What only an add reads does not count.
        job(zero_point_b=77, multiplier_b=1),
        job(quant_min=3, quant_max=3),
        job(quant_min=-128, quant_max=-128),
        job(quant_min=127, quant_max=127, zero_point=-128),
    ],
)
def test_corners(widths: Requantization, constants: dict[str, int]) -> None:
    run(widths, constants, list(corners(widths)))


@pytest.mark.parametrize("widths", WIDTH_CASES)
def test_bytes_around_their_rounding(widths: Requantization) -> None:
    """All results from -300 to 300 in quarters of a step, for the smallest shift."""
    power = max(0, min(widths.multiplier_bits - 1, widths.shift_min - 2))
    low, high = signed_range(min(widths.accumulator_bits, widths.sum_bits))
    cases = []
    for quarter in range(-1200, 1201, 7):
        total = (quarter << widths.shift_min - power) // 4
        if low <= total <= high:
            cases.append({"total": total, "bias": 0, "multiplier": 1 << power, "shift_offset": 0})
    assert len(cases) > 30
    run(widths, job(zero_point=17), cases)


@st.composite
def widths_and_cases(draw: st.DrawFn) -> tuple[Requantization, dict[str, int], list[Case]]:
    has_add = draw(st.booleans())
    accumulator_bits = draw(st.integers(17 if has_add else 8, 26))
    sum_bits, multiplier_bits = draw(st.integers(9, 27)), draw(st.integers(1, 32))
    widths = Requantization(
        accumulator_bits=accumulator_bits,
        bias_bits=draw(st.integers(9, 20)),
        sum_bits=sum_bits,
        multiplier_bits=multiplier_bits,
        # About as long as brings the largest products to a few times the range of a byte.
        shift_min=max(1, sum_bits + multiplier_bits - draw(st.integers(7, 14))),
        shift_bits=draw(st.integers(1, 3)),
        has_add=has_add,
    )
    int8 = st.integers(-128, 127)
    quant_min = draw(int8)
    constants = job(
        zero_point=draw(int8),
        quant_min=quant_min,
        quant_max=draw(st.integers(quant_min, 127)),
        zero_point_b=draw(int8),
        multiplier_b=draw(st.integers(0, (1 << widths.multiplier_bits) - 1)),
        add=int(has_add and draw(st.booleans())),
    )
    low, high = signed_range(widths.sum_bits)
    total_low, total_high = signed_range(widths.accumulator_bits)
    bias_low, bias_high = signed_range(widths.bias_bits)
    # Lists of lists are slow to draw: the cases come from a seed, which the sums make look for.
    generator = random.Random(draw(st.integers(0, 2**32)))
    cases = []
    for _ in range(40):
        if constants["add"]:
            total = generator.randint(-128, 127) - 256 * generator.randint(-128, 127)
            bias = generator.randint(-127, 128)
        else:
            bias = generator.randint(max(bias_low, low), min(bias_high, high))
            total = generator.randint(max(total_low, low - bias), min(total_high, high - bias))
        if not bias_low <= bias <= bias_high or not total_low <= total <= total_high:
            continue
        cases.append(
            {
                "total": total,
                "bias": bias,
                "multiplier": generator.getrandbits(widths.multiplier_bits),
                "shift_offset": generator.getrandbits(widths.shift_bits),
            }
        )
    return widths, constants, cases


@given(drawn=widths_and_cases())
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
def test_random_widths(drawn: tuple[Requantization, dict[str, int], list[Case]]) -> None:
    widths, constants, cases = drawn
    run(widths, constants, cases)


ADD_JOBS = [
    job(add=1, zero_point_b=zero_point_b, multiplier_b=multiplier_b, zero_point=zero_point)
    for zero_point_b in (-128, 3, 127)
    for multiplier_b, zero_point in ((0, 0), (1, -128), (4095, 127))
]


@pytest.mark.parametrize("constants", ADD_JOBS)
def test_two_operands(constants: dict[str, int]) -> None:
    ends = (-128, -127, -1, 0, 1, 127)
    cases = [
        {"total": a - 256 * b, "bias": bias, "multiplier": multiplier, "shift_offset": offset}
        for a in ends
        for b in ends
        for bias in (-127, 0, 128)
        for multiplier, offset in ((1, 0), (4095, 5))
    ]
    run(WIDTHS, constants, cases)
    run(replace(WIDTHS, accumulator_bits=17, sum_bits=9), constants, cases)


def exact(value: Fraction, zero_point: int, low: int, high: int) -> int:
    """Rounded half up, moved to the zero point, and clamped."""
    return max(low, min(high, math.floor(value + Fraction(1, 2)) + zero_point))


def test_compute_rounds_once() -> None:
    generator = random.Random(1)
    for _ in range(300):
        total, bias = generator.randint(-9000, 9000), generator.randint(-900, 900)
        multiplier, offset = generator.getrandbits(12), generator.getrandbits(4)
        zero_point, low = generator.randint(-128, 127), generator.randint(-128, 0)
        common: dict[str, Any] = {
            "bias": bias,
            "multiplier": multiplier,
            "shift_offset": offset,
            "zero_point": zero_point,
            "quant_min": low,
            "quant_max": 100,
        }
        scale = Fraction(1, 1 << WIDTHS.shift_min + offset)
        assert WIDTHS.compute(total, **common) == exact(
            (total + bias) * multiplier * scale, zero_point, low, 100
        )
        a, b = generator.randint(-128, 127), generator.randint(-128, 127)
        zero_point_b, multiplier_b = generator.randint(-128, 127), generator.getrandbits(12)
        value = (a + bias) * multiplier + (b - zero_point_b) * multiplier_b
        found = WIDTHS.compute(
            a - 256 * b, **common, add=True, zero_point_b=zero_point_b, multiplier_b=multiplier_b
        )
        assert found == exact(value * scale, zero_point, low, 100)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shift_min": 0}, "Smallest shift must be at least 1, not 0"),
        ({"accumulator_bits": 16}, "Accumulator must have 17 bits to hold two operands, not 16"),
    ],
)
def test_widths_are_checked(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(WIDTHS, **changes)
    assert replace(WITHOUT_ADD, accumulator_bits=16).accumulator_bits == 16
