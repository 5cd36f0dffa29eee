"""How the channels of a tensor lie in words: planes, and a slot for each channel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Layout:
    """A map of `height` x `width` pixels in planes of words with M channels each.

    Parameters
    ----------
    word_channels
        M.
    height, width
        Pixels.
    slots
        Slot `plane * M + byte` of each channel, in any order. Slots without a channel hold bytes
        that nobody reads: their weights are zero, and they are compared with nothing.
    """

    word_channels: int
    height: int
    width: int
    slots: tuple[int, ...]

    @classmethod
    def dense(cls, channels: int, height: int, width: int, word_channels: int) -> Layout:
        """Channels without gaps."""
        return cls(word_channels, height, width, tuple(range(channels)))

    @classmethod
    def side_by_side(cls, parts: list[Layout]) -> Layout:
        """The parts one after the other, each from the start of a plane."""
        first = parts[0]
        slots: list[int] = []
        plane = 0
        for part in parts:
            slots += [plane * first.word_channels + slot for slot in part.slots]
            plane += part.planes
        return cls(first.word_channels, first.height, first.width, tuple(slots))

    @property
    def flattened(self) -> Layout:
        """The same words as a vector, whose features are in (C, H, W) order."""
        lanes, pixels = self.word_channels, self.plane_words
        slots = tuple(
            (slot // lanes * pixels + pixel) * lanes + slot % lanes
            for slot in self.slots
            for pixel in range(pixels)
        )
        return Layout(lanes, 1, 1, slots)

    @property
    def channels(self) -> int:
        return len(self.slots)

    @cached_property
    def last_slot(self) -> int:
        """The highest slot with a channel."""
        return max(self.slots)

    @cached_property
    def planes(self) -> int:
        return self.last_slot // self.word_channels + 1

    @property
    def plane_words(self) -> int:
        """Words of a plane."""
        return self.height * self.width

    @property
    def words(self) -> int:
        """Words of the tensor."""
        return self.planes * self.plane_words

    @cached_property
    def is_dense(self) -> bool:
        """True if there are no gaps, and the channels are in order."""
        return self.slots == tuple(range(len(self.slots)))

    @cached_property
    def slot_array(self) -> npt.NDArray[np.int64]:
        return np.array(self.slots, np.int64)

    @property
    def packed_channels(self) -> int:
        """Bytes of a pixel in the input stream: those of a single plane come without gaps."""
        return self.channels if self.planes == 1 else self.word_channels

    def spread(self, values: npt.NDArray[np.int64], fill: int = 0) -> npt.NDArray[np.int64]:
        """Put one value (or row of values) for each channel at its slot, (planes * M, ...)."""
        out = np.full((self.planes * self.word_channels, *values.shape[1:]), fill, values.dtype)
        out[self.slot_array] = values
        return out
