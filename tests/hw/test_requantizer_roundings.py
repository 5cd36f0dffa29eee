"""Two roundings and aligned additions: the requantizer, its twin, and gemmlowp's arithmetic."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isomac_hw.requantizer import Alignment, Requantization
from tests.hw.requantizer_bench import check

WIDTHS = Requantization(
    accumulator_bits=20,
    bias_bits=18,
    sum_bits=31,
    multiplier_bits=31,
    shift_min=20,
    shift_bits=6,
    has_add=True,
    has_aligned_add=True,
    has_double_rounding=True,
)
JOB = {"zero_point": -3, "quant_min": -128, "quant_max": 127, "zero_point_b": 5}


def run(widths: Requantization, job: dict[str, Any], cases: list[dict[str, int]]) -> None:
    """Send the cases through, one a cycle."""
    alignment: Alignment | None = job.pop("alignment", None)
    expected = [widths.compute(**case, **job, alignment=alignment) for case in cases]
    fields = {name: int(value) for name, value in job.items()}
    if alignment is not None:
        fields |= {
            "aligned": 1,
            "left_shift": alignment.left_shift,
            "align_shift": alignment.shift,
            "align_half": alignment.half,
            "align_half_negative": alignment.half_negative,
        }
    check(widths, fields, cases, expected)


def gemmlowp(value: int, multiplier: int, right_shift: int) -> int:
    """Half up at bit 31, then half away from zero."""
    high = (value * multiplier + (1 << 30)) >> 31
    magnitude = (abs(high) + ((1 << right_shift) >> 1)) >> right_shift
    return magnitude if high >= 0 else -magnitude


def near_ties(generator: random.Random, offset: int) -> dict[str, int]:
    """A case whose product, less a little, lies half way between two results."""
    shift = WIDTHS.shift_min + offset
    multiplier = generator.getrandbits(31) | 1 << 30
    half = (2 * generator.randint(-130, 130) + 1) << (shift - 1)
    total = half // multiplier + generator.randint(-1, 1)
    low, high = -(1 << 19), (1 << 19) - 1
    return {
        "total": max(low, min(high, total)),
        "bias": 0,
        "multiplier": multiplier,
        "shift_offset": offset,
    }


@pytest.mark.parametrize("seed", range(3))
def test_two_roundings(seed: int) -> None:
    generator = random.Random(seed)
    cases = [near_ties(generator, generator.randint(0, 30)) for _ in range(400)]
    # Powers of two meet the ties themselves, on both sides of zero.
    cases += [
        {"total": total, "bias": 0, "multiplier": 1 << 30, "shift_offset": offset}
        for total in (-7, -5, -3, -2, -1, 0, 1, 2, 3, 5, 7)
        for offset in (11, 12, 13, 40)
    ]
    for case in cases:
        shift = WIDTHS.shift_min + case["shift_offset"]
        if shift >= 31:
            expected = gemmlowp(case["total"], case["multiplier"], shift - 31) - 3
            found = WIDTHS.compute(**case, **JOB, double_rounding=True)
            assert found == max(-128, min(127, expected))
    run(WIDTHS, {**JOB, "double_rounding": True}, cases)
    run(WIDTHS, {**JOB, "double_rounding": False}, cases)


def test_the_two_roundings_differ() -> None:
    """Half of a step below zero goes away from it."""
    case = {"total": -1, "bias": 0, "multiplier": 1 << 30, "shift_offset": 32 - 20}
    half = {**case, "total": -2}
    assert WIDTHS.compute(**half, **JOB, double_rounding=True) == -4
    assert WIDTHS.compute(**half, **JOB, double_rounding=False) == -3


def tflite_add(a: int, b: int, multiplier_b: int, shift_b: int, out: tuple[int, int]) -> int:
    """Steps of TFLite's addition for operands less their zero points; a has the larger scale."""
    total = gemmlowp(a << 20, 1 << 30, 0) + gemmlowp(b << 20, multiplier_b, shift_b)
    return gemmlowp(total, *out)


@pytest.mark.parametrize(("shift_b", "shift"), [(0, 18), (1, 19), (9, 20), (3, 17)])
def test_tflites_addition(shift_b: int, shift: int) -> None:
    generator = random.Random(shift_b)
    multiplier_b = generator.getrandbits(31) | 1 << 30
    multiplier = generator.getrandbits(31) | 1 << 30
    right = shift_b + 31
    nudge = (1 << 10) if right > 31 else 0
    half = 1 << (right - 21)
    alignment = Alignment(
        left_shift=19, shift=right - 20, half=half + nudge, half_negative=half - nudge
    )
    cases = []
    for _ in range(600):
        a, b = generator.randint(-128, 127), generator.randint(-128, 127)
        case = {"total": a - 256 * b, "bias": 9, "multiplier": multiplier}
        case["shift_offset"] = 31 + shift - WIDTHS.shift_min
        cases.append(case)
        fields = {**JOB, "multiplier_b": multiplier_b, "double_rounding": True}
        found = WIDTHS.compute(**case, **fields, alignment=alignment)
        expected = tflite_add(a + 9, b - 5, multiplier_b, shift_b, (multiplier, shift)) - 3
        assert found == max(-128, min(127, expected))
    job = {**JOB, "multiplier_b": multiplier_b, "double_rounding": True, "alignment": alignment}
    run(WIDTHS, dict(job), cases)
    run(replace(WIDTHS, has_add=False), dict(job), cases)


@st.composite
def jobs(draw: st.DrawFn) -> dict[str, Any]:
    job: dict[str, Any] = {
        "zero_point": draw(st.integers(-128, 127)),
        "quant_min": -128,
        "quant_max": 127,
        "zero_point_b": draw(st.integers(-128, 127)),
        "multiplier_b": draw(st.integers(0, 2**31 - 1)),
        "double_rounding": draw(st.booleans()),
    }
    kind = draw(st.sampled_from(["plain", "add", "aligned"]))
    if kind == "add":
        job["add"] = True
    if kind == "aligned":
        shift = draw(st.integers(12, 41))
        half = 1 << (shift - 1)
        nudge = draw(st.integers(0, half - 1))
        job["alignment"] = Alignment(
            left_shift=draw(st.integers(0, 21)),
            shift=shift,
            half=half + nudge,
            half_negative=half - nudge,
        )
    return job


@given(job=jobs(), seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None, derandomize=True, database=None)
def test_jobs_of_all_kinds(job: dict[str, Any], seed: int) -> None:
    """One after the other through the same lanes, whatever the job before was."""
    generator = random.Random(seed)
    cases = []
    for _ in range(60):
        a, b = generator.randint(-128, 127), generator.randint(-128, 127)
        cases.append(
            {
                "total": a - 256 * b,
                "bias": generator.randint(-127, 128),
                "multiplier": generator.getrandbits(31),
                "shift_offset": generator.randint(0, 42),
            }
        )
    run(WIDTHS, job, cases)


def test_latency() -> None:
    assert WIDTHS.latency == replace(WIDTHS, has_aligned_add=False).latency + 4
    with pytest.raises(ValueError, match="must have 17 bits to hold two operands"):
        replace(WIDTHS, has_add=False, accumulator_bits=16)
