"""Where a random graph takes its choices from: a seeded generator, or hypothesis."""

from collections.abc import Callable
from typing import Protocol

import numpy as np


class Draws(Protocol):
    """A source of choices. Those near 0, or else near `low`, are the simple ones."""

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""


class SeededDraws:
    """Choices of a numpy generator: all values are equally likely."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        return int(self._rng.integers(low, high + 1))


class CallbackDraws:
    """Choices of a function, such as one that asks hypothesis."""

    def __init__(self, integer: Callable[[int, int], int]) -> None:
        self._integer = integer

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        return self._integer(low, high)
