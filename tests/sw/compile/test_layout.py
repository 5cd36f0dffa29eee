"""Slots of channels, and what follows from them."""

import numpy as np
import pytest

from isomac.compile.layout import Layout
from tests.sw.compile.works import random_layout


def test_dense_channels_fill_word_after_word() -> None:
    layout = Layout.dense(7, 2, 3, 3)
    assert layout.slots == (0, 1, 2, 3, 4, 5, 6)
    assert (layout.channels, layout.planes, layout.plane_words, layout.words) == (7, 3, 6, 18)
    assert layout.is_dense


@pytest.mark.parametrize(
    ("slots", "planes", "is_dense"),
    [
        ((0,), 1, True),
        ((2,), 1, False),
        ((0, 2), 1, False),
        ((0, 1, 2), 1, True),
        ((3,), 2, False),
        ((0, 8), 3, False),
    ],
)
def test_planes_and_gaps(slots: tuple[int, ...], planes: int, is_dense: bool) -> None:
    layout = Layout(3, 1, 1, slots)
    assert (layout.planes, layout.is_dense) == (planes, is_dense)
    assert layout.slot_array.tolist() == list(slots)


def test_parts_side_by_side_begin_with_a_plane_each() -> None:
    parts = [Layout.dense(4, 5, 6, 3), Layout(3, 5, 6, (1, 3)), Layout.dense(1, 5, 6, 3)]
    layout = Layout.side_by_side(parts)
    assert layout == Layout(3, 5, 6, (0, 1, 2, 3, 6 + 1, 6 + 3, 12))
    assert layout.planes == sum(part.planes for part in parts)


def test_a_single_part_is_itself() -> None:
    layout = Layout(4, 2, 2, (1, 6))
    assert Layout.side_by_side([layout]) == layout


@pytest.mark.parametrize(("channels", "packed"), [(1, 1), (3, 3), (4, 4), (5, 4), (8, 4)])
def test_only_a_single_plane_is_packed(channels: int, packed: int) -> None:
    assert Layout.dense(channels, 2, 2, 4).packed_channels == packed


def test_values_spread_to_their_slots() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        layout = random_layout(rng, int(rng.integers(1, 6)), 1, 1)
        for trailing in ((), (2, 3)):
            values = rng.integers(-99, 99, (layout.channels, *trailing))
            spread = layout.spread(values, fill=77)
            assert spread.shape == (layout.planes * layout.word_channels, *trailing)
            for slot, value in enumerate(spread):
                if slot in layout.slots:
                    assert (value == values[layout.slots.index(slot)]).all()
                else:
                    assert (value == 77).all()


def test_gaps_are_zero_by_default() -> None:
    assert Layout(2, 1, 1, (1, 2)).spread(np.array([5, 6])).tolist() == [0, 5, 6, 0]
