"""Weights in the order in which the array uses them."""

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.int8]


def column_groups(kernel_columns: int, taps: int) -> list[slice]:
    """The kernel columns of each segment."""
    return [slice(x, min(x + taps, kernel_columns)) for x in range(0, kernel_columns, taps)]


def dense_words(
    weight: Bytes, channel_lanes: int, first_byte: int, last_byte: int, taps: int
) -> Bytes:
    """Weight words of a dense job, int8 (words, M).

    Parameters
    ----------
    weight
        int8 (output slots, input slots, kh, kw), slots in whole planes of M.
    channel_lanes
        M.
    first_byte, last_byte
        First byte used of the first input plane, last byte used of the last.
    taps
        Kernel columns of a segment.
    """
    lanes = channel_lanes
    tiles, blocks = weight.shape[0] // lanes, weight.shape[1] // lanes
    words = []
    for tile in range(tiles):
        outputs = weight[tile * lanes : (tile + 1) * lanes]
        for y in range(weight.shape[2]):
            for columns in column_groups(weight.shape[3], taps):
                for block in range(blocks):
                    low = first_byte if block == 0 else 0
                    high = last_byte if block == blocks - 1 else lanes - 1
                    inputs = slice(block * lanes + low, block * lanes + high + 1)
                    part = outputs[:, inputs, y, columns]
                    # (M, bytes, taps): taps are the outer loop, bytes the inner.
                    words.append(part.transpose(2, 1, 0).reshape(-1, lanes))
    return np.concatenate(words)


def depthwise_words(weight: Bytes, channel_lanes: int) -> Bytes:
    """Weight words of a depthwise job, int8 (words, M), from int8 (slots, kh, kw)."""
    tiles = weight.reshape(-1, channel_lanes, *weight.shape[1:])
    return np.ascontiguousarray(tiles.transpose(0, 2, 3, 1)).reshape(-1, channel_lanes)
