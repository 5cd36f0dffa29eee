"""The images of weights and requantization constants."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from isomac.compile.constants import ConstantImages, requant_rows, weight_rows
from isomac.compile.shape import ArrayShape
from isomac.compile.work import Constants


def array(lanes: int, requant_lanes: int) -> ArrayShape:
    """Return an array of one pixel lane."""
    return ArrayShape(
        tile_rows=1, tile_columns=1, channel_lanes=lanes, requant_lanes=requant_lanes, banks=1
    )


def constants(weights: npt.NDArray[np.int8], channels: int, rng: np.random.Generator) -> Constants:
    """Return constants with these weights and random ones of so many channels."""
    return Constants(
        weights=weights,
        bias=rng.integers(-(2**20), 2**20, channels),
        multiplier=rng.integers(0, 2**31, channels),
        shift=rng.integers(1, 63, channels),
        raw_min=0,
        raw_max=0,
        total_min=0,
        total_max=0,
    )


def test_rows_follow_the_drain() -> None:
    """Channel tile after channel tile, R channels a row, and 0 where there is no channel."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        lanes = int(rng.integers(1, 8))
        requant_lanes = int(rng.integers(1, lanes + 1))
        channels = int(rng.integers(1, 20))
        images = ConstantImages(array(lanes, requant_lanes))
        given = constants(np.zeros((1, lanes), np.int8), channels, rng)
        assert images.add(given) == (0, 0)
        expected = []
        for tile in range(-(-channels // lanes)):
            for step in range(-(-lanes // requant_lanes)):
                row = []
                for lane in range(requant_lanes):
                    byte = step * requant_lanes + lane
                    channel = tile * lanes + byte
                    exists = byte < lanes and channel < channels
                    names = ("bias", "multiplier", "shift")
                    values = [int(getattr(given, name)[channel]) if exists else 0 for name in names]
                    row.append(values)
                expected.append(row)
        assert images.requant.tolist() == expected


def test_blocks_lie_one_behind_the_other_and_equal_ones_once() -> None:
    rng = np.random.default_rng(2)
    images = ConstantImages(array(2, 1))
    blocks = [rng.integers(-128, 128, (n, 2), np.int8) for n in (3, 5, 1)]
    given = [constants(block, 2 * n, rng) for block, n in zip(blocks, (1, 2, 3), strict=True)]
    assert [images.add(item) for item in given] == [(0, 0), (3, 2), (8, 6)]
    assert [images.add(item) for item in reversed(given)] == [(8, 6), (3, 2), (0, 0)]
    # Equal weights with other constants, and the other way round.
    mixed = constants(blocks[1], 2, rng)
    assert images.add(mixed) == (3, 12)
    assert images.weights.tolist() == np.concatenate(blocks).tolist()
    assert len(images.requant) == 2 + 4 + 6 + 2


def test_weights_and_requantization_are_not_confused() -> None:
    """Blocks of equal bytes in both memories each have their own place."""
    images = ConstantImages(array(1, 1))
    nothing = np.zeros(1, np.int64)
    given = constants(np.zeros((24, 1), np.int8), 1, np.random.default_rng(0))
    zeros = replace(given, bias=nothing, multiplier=nothing, shift=nothing)
    assert images.add(zeros) == (0, 0)
    assert (len(images.weights), len(images.requant)) == (24, 1)


def test_weight_rows_have_channel_0_in_the_lowest_byte() -> None:
    words = np.array([[1, -1, 0], [-128, 127, 2]], np.int8)
    assert weight_rows(words) == [0x00FF01, 0x027F80]


def test_requant_rows_hold_every_field() -> None:
    rng = np.random.default_rng(3)
    bias_bits, multiplier_bits, shift_min, shift_bits = 9, 7, 5, 4
    values = np.stack(
        [
            rng.integers(-256, 256, (30, 3)),
            rng.integers(0, 128, (30, 3)),
            rng.integers(5, 21, (30, 3)),
        ],
        axis=2,
    )
    values[::4, 1] = 0  # lanes without a channel
    rows = requant_rows(
        values,
        bias_bits=bias_bits,
        multiplier_bits=multiplier_bits,
        shift_min=shift_min,
        shift_bits=shift_bits,
    )
    width = bias_bits + multiplier_bits + shift_bits
    for row, lanes in zip(rows, values.tolist(), strict=True):
        assert 0 <= row < 1 << 3 * width
        for lane, (bias, multiplier, shift) in enumerate(lanes):
            field = row >> lane * width
            low = field % (1 << bias_bits)
            assert low - (low >> bias_bits - 1 << bias_bits) == bias
            assert (field >> bias_bits) % (1 << multiplier_bits) == multiplier
            offset = (field >> bias_bits + multiplier_bits) % (1 << shift_bits)
            assert offset == (shift - shift_min if shift else 0)
