"""Plane-wise work and what its channels share."""

import numpy as np
import pytest

from isomac.compile.layout import Layout
from isomac.compile.planewise import identity, planewise, shared_constants
from isomac.compile.work import Segmentation, View


def view(layout: Layout) -> View:
    """Return a view of a whole buffer."""
    return View("buffer", 0, layout)


@pytest.mark.parametrize(
    ("slots", "tiles", "last"),
    [((0,), 1, 1), ((0, 1, 2), 1, 3), ((0, 3), 2, 1), ((2, 7), 3, 2), ((1, 5), 2, 3)],
)
def test_all_planes_up_to_the_last_slot(slots: tuple[int, ...], tiles: int, last: int) -> None:
    source = view(Layout(3, 4, 5, slots))
    work = planewise(
        source,
        source,
        kernel=(1, 1),
        output_size=(4, 5),
        zero_point=0,
        quant_min=0,
        quant_max=1,
        constants=None,
    )
    assert not work.dense
    assert (work.channel_tiles, work.last_channels) == (tiles, last)


def test_shared_constants() -> None:
    source = view(Layout(2, 4, 5, (0, 3)))
    kernel = np.array([[1, 2, 3], [4, 5, 6]], np.int8)
    make = shared_constants(
        source, kernel, bias=-7, multiplier=9, shift=4, raw_min=-100, raw_max=50
    )
    constants = make(Segmentation(2, 1, 3, 3))
    # One tile's weights for all tiles: the job starts them again.
    assert constants.weights.tolist() == [[n, n] for n in (1, 2, 3, 4, 5, 6)]
    assert constants.bias.tolist() == [-7] * 4
    assert constants.multiplier.tolist() == [9] * 4
    assert constants.shift.tolist() == [4] * 4
    assert (constants.raw_min, constants.raw_max) == (-100, 50)
    assert (constants.total_min, constants.total_max) == (-107, 43)


def test_something_else_than_the_sum_may_be_multiplied() -> None:
    make = shared_constants(
        view(Layout.dense(1, 1, 1, 1)),
        np.ones((1, 1), np.int8),
        bias=5,
        multiplier=1,
        shift=1,
        raw_min=-30_000,
        raw_max=30_000,
        totals=(-128, 127),
    )
    constants = make(Segmentation(1, 1, 1, 1))
    assert (constants.raw_min, constants.raw_max) == (-30_000, 30_000)
    assert (constants.total_min, constants.total_max) == (-128, 127)


def test_a_shared_sum_has_a_weight_for_each_of_its_steps() -> None:
    make = shared_constants(
        view(Layout.dense(1, 4, 5, 1)),
        np.ones((4, 5), np.int8),
        bias=0,
        multiplier=1,
        shift=1,
        raw_min=0,
        raw_max=0,
    )
    assert len(make(Segmentation(4, 1, 5, 5)).weights) == 20
    assert len(make(Segmentation(4, 3, 2, 1)).weights) == 20
    assert len(make(Segmentation(7, 1, 1, 1)).weights) == 7


def test_identity_keeps_bytes_between_its_bounds() -> None:
    source = view(Layout(2, 3, 4, (0, 3)))
    work = identity(source, view(source.layout), 6, quant_min=-5, quant_max=9)
    constants = work.constants(Segmentation(1, 1, 1, 1))
    assert (work.kernel, work.output_size, work.weight_restart) == ((1, 1), (3, 4), True)
    assert (work.zero_point, work.quant_min, work.quant_max) == (0, -5, 9)
    multiplier, shift = int(constants.multiplier[0]), int(constants.shift[0])
    for value in range(-128, 128):
        assert (value * multiplier + (1 << (shift - 1))) >> shift == value
    assert constants.weights.tolist() == [[1, 1]]
    assert constants.bias.tolist() == [0] * 4
    assert (constants.raw_min, constants.raw_max) == (-128, 127)
