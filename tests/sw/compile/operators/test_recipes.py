"""Operators of imported networks: scale, lookup, pad, aligned addition, pools with a border."""

from dataclasses import replace

import numpy as np
import pytest

from isomac.compile.operators.aligned_add import align
from isomac.compile.operators.scale import _int8_weights
from isomac.compile.work import ArrayWork
from isomac.graph.operators.aligned_add import AlignedAdd
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.small_graphs import graph, tensor
from tests.sw.small_operations import adaptive, aligned_add, lookup, pad, scale


@pytest.mark.parametrize("factors", [(127, -128), (255, 0), (-255, 255), (1, -129), (128, 128)])
def test_factors(factors: tuple[int, int]) -> None:
    factor = np.array(factors, np.int32)
    assert (_int8_weights(factor).astype(int).sum(axis=(1, 2)) == factor).all()
    check_all(graph(layer("conv", "x", "y", (2, 2)), scale(factor=factor)))


def test_small_factors_read_each_pixel_once() -> None:
    lowered = check_all(
        graph(layer("conv", "x", "y", (2, 2)), scale(factor=np.array([127, -128], np.int32)))
    )
    (work,) = lowered.layers[-1].work
    assert isinstance(work, ArrayWork)
    assert work.kernel == (1, 1)
    assert work.pointwise


def test_slots_with_gaps_stay() -> None:
    shapes = (tensor("z", (6, 4, 4)),)
    for operation in (scale(6, inputs=("c",)), lookup(inputs=("c",))):
        lowered = check_all(after_gaps(operation, tensors=shapes))
        assert not lowered.layers[-1].view.layout.is_dense
    framed = (tensor("z", (6, 7, 7)),)
    check_all(after_gaps(pad(inputs=("c",)), tensors=framed))


def test_a_table_is_a_copy_through_it() -> None:
    shapes = (tensor("z", zero_point=-7),)
    lowered = check_all(graph(layer("conv", "x", "y", (2, 2)), lookup(), tensors=shapes))
    (work,) = lowered.layers[-1].work
    assert isinstance(work, ArrayWork)
    assert work.table is not None
    # The hardware takes bytes as unsigned.
    assert work.table[0] == lookup().table[128]
    assert work.table[255] == lookup().table[127]


@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (5, 0, 0, 0), (0, 6, 1, 0), (1, 1, 1, 1)])
@pytest.mark.parametrize("value", [-128, 3, 127])
def test_frames(padding: tuple[int, int, int, int], value: int) -> None:
    top, left, bottom, right = padding
    shapes = (tensor("z", (2, 4 + top + bottom, 4 + left + right)),)
    operation = pad(padding=padding, value=value)
    check_all(graph(layer("conv", "x", "y", (2, 2)), operation, tensors=shapes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rounding": "single"},
        {"left_shift": 0, "left_shift_b": 0, "multiplier": 2**30, "shift": 31},
        {"multiplier_b": 0},
        {"multiplier_b": 1, "shift_b": 62},
        {"multiplier_b": 2**30, "shift_b": 31},
        {"multiplier_b": 2**31 - 1, "shift_b": 61},
        {"left_shift": 22, "left_shift_b": 22, "shift": 53},
    ],
)
def test_alignments(changes: dict[str, int]) -> None:
    check_all(graph(layer("conv", "x", "y", (2, 2)), aligned_add(**changes)))


@pytest.mark.parametrize("zero_points", [(-128, 127, 0), (127, -128, -128)])
def test_zero_points(zero_points: tuple[int, int, int]) -> None:
    shapes = tuple(
        tensor(name, zero_point=value) for name, value in zip("xyz", zero_points, strict=True)
    )
    check_all(graph(layer("conv", "x", "y", (2, 2)), aligned_add(), tensors=shapes))


@pytest.mark.parametrize("rounding", ["single", "double"])
@pytest.mark.parametrize("shift_b", [31, 32, 40, 60, 61, 62])
def test_less_left_shift_is_the_same_alignment(rounding: str, shift_b: int) -> None:
    """Every operand comes to the value that the formula of the graph has for it."""
    operation: AlignedAdd = replace(
        aligned_add(), multiplier_b=1_999_999_999, shift_b=shift_b, rounding=rounding
    )
    multiplier, alignment = align(operation)
    for b in range(-255, 256):
        product = (b << operation.left_shift_b) * operation.multiplier_b
        half = 1 << (shift_b - 1)
        if rounding == "double" and shift_b > 31:
            half += 2**30 if product >= 0 else -(2**30)
        expected = (product + half) >> shift_b
        own = alignment.half if b * multiplier >= 0 else alignment.half_negative
        assert (b * multiplier + own) >> alignment.shift == expected


def test_equal_windows_are_one_job() -> None:
    """A pool over a map with a border has nine kinds of windows at most."""
    size = 8
    spans = tuple((max(0, i - 1), min(size, i + 2)) for i in range(size))
    areas = np.array([[(b - a) * (d - c) for c, d in spans] for a, b in spans])
    pool = adaptive(
        rows=spans,
        columns=spans,
        multiplier=((1 << 30) // areas + 1).astype(np.int64),
        shift=np.full((size, size), 30, np.int64),
        centered=False,
    )
    shapes = tuple(tensor(name, (2, size, size)) for name in "xyz")
    lowered = check_all(graph(layer("conv", "x", "y", (2, 2)), pool, tensors=shapes))
    assert len(lowered.layers[-1].work) == 9


def test_windows_in_any_order() -> None:
    """Windows that go back, stand still or jump are jobs of their own."""
    spans = ((3, 4), (2, 3), (2, 3), (0, 1), (2, 3))
    pool = adaptive(
        rows=spans,
        columns=((0, 2), (2, 4), (1, 3)),
        multiplier=np.full((5, 3), 2**29, np.int64),
        shift=np.full((5, 3), 30, np.int64),
    )
    shapes = (tensor("z", (2, 5, 3)),)
    check_all(graph(layer("conv", "x", "y", (2, 2)), pool, tensors=shapes))
