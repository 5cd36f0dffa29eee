"""In which order the values of a tensor stand in the integer graph, and in which in the file.

TFLite has the channels last, the integer graph first. Where a map is flattened, the order of its
values stays behind in the vector: an order is that of the map, or of the maps, that a vector was.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

ValuesT = TypeVar("ValuesT", bound=np.generic)


@dataclass(frozen=True)
class Order:
    """Blocks of (channels, pixels), one behind the other.

    Within a block, the file has all channels of a pixel side by side, and the graph all pixels of
    a channel. A block with one pixel is in the same order in both.
    """

    blocks: tuple[tuple[int, int], ...]

    @staticmethod
    def of(blocks: Iterable[tuple[int, int]]) -> Order:
        """Return the order of these blocks; those that are the same in both become one."""
        joined: list[tuple[int, int]] = []
        for channels, pixels in blocks:
            plain = channels == 1 or pixels == 1
            if plain and joined and joined[-1][1] == 1:
                joined[-1] = (joined[-1][0] + channels * pixels, 1)
            else:
                joined.append((channels * pixels, 1) if plain else (channels, pixels))
        return Order(tuple(joined))

    @property
    def plain(self) -> bool:
        """Whether both have the same order."""
        return all(pixels == 1 for _, pixels in self.blocks)

    @cached_property
    def positions(self) -> npt.NDArray[np.int64]:
        """int64 (n): where the graph has each value of the file."""
        parts, start = [], 0
        for channels, pixels in self.blocks:
            block = np.arange(start, start + channels * pixels, dtype=np.int64)
            parts.append(block.reshape(channels, pixels).T.ravel())
            start += channels * pixels
        return np.concatenate(parts)

    def to_graph(self, values: npt.NDArray[ValuesT]) -> npt.NDArray[ValuesT]:
        """Return values (..., n) in the order of the file in that of the graph."""
        result = np.empty_like(values)
        result[..., self.positions] = values
        return result

    def to_file(self, values: npt.NDArray[ValuesT]) -> npt.NDArray[ValuesT]:
        """Return values (..., n) in the order of the graph in that of the file."""
        return values[..., self.positions]


def graph_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that a tensor of the file has in the graph: (F,) or (C, H, W).

    The first axis is the batch of 1 where there are two or more; the last are the channels.
    """
    inner = shape[1:] if len(shape) > 1 and shape[0] == 1 else shape
    if len(inner) < 2:
        return (math.prod(inner),)
    *pixels, channels = inner
    if len(pixels) == 1:
        return channels, 1, pixels[0]
    return channels, pixels[0], math.prod(pixels[1:])


def order_of(shape: tuple[int, ...]) -> Order:
    """Return the order of a tensor of the graph of this shape that was a map from the beginning."""
    return Order.of([(shape[0], math.prod(shape[1:]))])
