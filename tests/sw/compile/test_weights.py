"""The order of the weights, against loops in the order in which the array takes its steps."""

import numpy as np
import numpy.typing as npt
import pytest

from isomac.compile.weights import column_groups, dense_words, depthwise_words


def naive_dense(
    weight: npt.NDArray[np.int8], lanes: int, first_byte: int, last_byte: int, taps: int
) -> list[list[int]]:
    """Channel tile, kernel row, column group, block, tap, byte: one word of M weights each."""
    outputs, inputs, rows, columns = weight.shape
    blocks = inputs // lanes
    words = []
    for tile in range(outputs // lanes):
        for y in range(rows):
            for start in range(0, columns, taps):
                for block in range(blocks):
                    for x in range(start, min(start + taps, columns)):
                        for byte in range(lanes):
                            before = block == 0 and byte < first_byte
                            behind = block == blocks - 1 and byte > last_byte
                            if not (before or behind):
                                words.append(
                                    [
                                        int(weight[tile * lanes + m, block * lanes + byte, y, x])
                                        for m in range(lanes)
                                    ]
                                )
    return words


def test_dense_words() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        lanes, tiles, blocks, rows, columns, taps = (int(n) for n in rng.integers(1, 5, 6))
        shape = (tiles * lanes, blocks * lanes, rows, columns)
        weight = rng.integers(-128, 128, shape, np.int8)
        first, last = (int(n) for n in rng.integers(0, lanes, 2))
        if blocks == 1:
            first, last = sorted((first, last))
        words = dense_words(weight, lanes, first, last, taps)
        assert words.dtype == np.int8
        assert words.tolist() == naive_dense(weight, lanes, first, last, taps)


def test_depthwise_words() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        lanes, tiles, rows, columns = (int(n) for n in rng.integers(1, 5, 4))
        weight = rng.integers(-128, 128, (tiles * lanes, rows, columns), np.int8)
        words = depthwise_words(weight, lanes)
        assert words.flags.c_contiguous
        assert words.tolist() == [
            [int(weight[tile * lanes + m, y, x]) for m in range(lanes)]
            for tile in range(tiles)
            for y in range(rows)
            for x in range(columns)
        ]


@pytest.mark.parametrize(
    ("columns", "taps", "groups"),
    [
        (1, 1, [[0]]),
        (3, 3, [[0, 1, 2]]),
        (3, 5, [[0, 1, 2]]),
        (5, 2, [[0, 1], [2, 3], [4]]),
        (4, 1, [[0], [1], [2], [3]]),
    ],
)
def test_column_groups(columns: int, taps: int, groups: list[list[int]]) -> None:
    found = [list(range(columns))[group] for group in column_groups(columns, taps)]
    assert found == groups
    assert [(group.stop - group.start) for group in column_groups(columns, taps)] == [
        len(group) for group in groups
    ]
