"""Random zero points, weights, biases, rescalings and clamps, corner cases among them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.fuzz.generator.draws import Draws, SeededDraws
from isomac.graph.limits import ROUNDINGS
from isomac.graph.rescale_constants import rescale_constants

#: Root mean square of a uniformly distributed int8 value.
_INT8_RMS = 74
#: What plain rescalings bring sums to.
_PLAIN_RMS = 32
#: Resolution of probabilities, and seeds of arrays.
_CHANCES = 1000
_SEEDS = 2**32 - 1


@dataclass(frozen=True)
class Constants:
    """Draws the constants of operations.

    Whole arrays take a single choice: the seed of their values, of which 0 gives plain ones. So a
    graph is made of few choices, and each can be simplified.

    Parameters
    ----------
    draws
        All randomness comes from here.
    extreme
        Probability that a constant is a corner case.
    """

    draws: Draws
    extreme: float

    def between(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        return self.draws.integer(low, high)

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.between(1, _CHANCES) > _CHANCES * (1 - probability)

    def one_of(self, *options: Any) -> Any:
        """Return one of the options; the first is the simple one."""
        return options[self.between(0, len(options) - 1)]

    def seed(self) -> int:
        """Return the seed of an array, 0 for plain values."""
        return self.between(0, _SEEDS)

    def order(self, count: int) -> list[int]:
        """Return a permutation of range(count)."""
        left = list(range(count))
        return [left.pop(self.between(0, len(left) - 1)) for _ in range(count)]

    def zero_point(self) -> int:
        """Return a zero point in [-128, 127]."""
        if self.chance(self.extreme):
            return int(self.one_of(-128, 127, 0, -127, 126))
        return self.between(-128, 127)

    def scale(self) -> float:
        """Return a scale that has no relation to anything: no arithmetic reads it."""
        return 2.0 ** -self.between(0, 8)

    def clamp(self, zero_point: int) -> dict[str, int]:
        """Return quant_min and quant_max: most often all of int8 or a ReLU."""
        low, high = self.one_of((-128, 127), (-128, 127), (zero_point, 127))
        if self.chance(self.extreme / 2):
            a, b = sorted((self.between(-128, 127), self.between(-128, 127)))
            low, high = self.one_of((a, b), (-128, zero_point), (a, a), (-128, -128), (127, 127))
        return {"quant_min": low, "quant_max": high}

    def weight(self, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
        """Return int8 weights, each output channel of a kind of its own."""
        seed = self.seed()
        if seed == 0:
            return np.ones(shape, np.int8)
        rng = np.random.default_rng(seed)
        kinds = Constants(SeededDraws(rng), self.extreme)
        channels = [kinds._channel(shape[1:], rng) for _ in range(shape[0])]
        return np.stack(channels).astype(np.int8)

    def _channel(self, shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[Any]:
        if self.chance(self.extreme / 3):
            return np.full(shape, self.one_of(-128, -127, 127, 0, 1, -1))
        if self.chance(self.extreme):
            sign = np.where(rng.random(shape) < 0.5, -128, 127)
            return np.where(rng.random(shape) < 0.5, sign, 0)
        if self.chance(0.5):
            return rng.integers(-128, 128, shape)
        return np.clip(np.round(rng.normal(0, 30, shape)), -127, 127)

    def bias(self, weight: npt.NDArray[np.int8], zero_point: int) -> npt.NDArray[np.int32]:
        """Return int32 biases: of the size of the sums, 0, or as large as int32 sums allow."""
        rows = weight.reshape(len(weight), -1).astype(np.int64)
        seed = self.seed()
        if seed == 0:
            return np.zeros(len(rows), np.int32)
        rng = np.random.default_rng(seed)
        kinds = Constants(SeededDraws(rng), self.extreme)
        typical = np.sqrt((rows**2).sum(axis=1)) * _INT8_RMS + 1
        distance = max(127 - zero_point, zero_point + 128)
        room = 2**31 - 1 - np.abs(rows).sum(axis=1) * distance
        bias = np.round(rng.normal(0, 1, len(rows)) * typical).astype(np.int64)
        for channel in range(len(rows)):
            if kinds.chance(self.extreme / 2):
                bias[channel] = kinds.one_of(0, room[channel], -room[channel])
        return bias.astype(np.int32)

    def rescale(self, typical: float) -> tuple[int, int]:
        """Return (multiplier, shift) that bring sums of this size to int8, or a corner case."""
        if self.chance(self.extreme / 2):
            return (
                int(self.one_of(0, 1, 2**30, 2**31 - 1, self.between(0, 2**31 - 1))),
                int(self.one_of(1, 2, 31, 32, 61, 62, self.between(1, 62))),
            )
        ratio = 2.0 ** (self.between(64, 128) / 16) / typical
        return rescale_constants(ratio, self.one_of(31, 31, 18, 12))

    def rounding(self) -> str:
        """Return one of the roundings."""
        return str(self.one_of(*ROUNDINGS))

    def rescales(self, weight: npt.NDArray[np.int8]) -> dict[str, npt.NDArray[np.int64]]:
        """Return multiplier and shift for every output channel of `weight`."""
        rows = weight.reshape(len(weight), -1).astype(np.int64)
        typical = [math.sqrt(int((row**2).sum())) * _INT8_RMS + 1 for row in rows]
        seed = self.seed()
        if seed == 0:
            pairs = [rescale_constants(_PLAIN_RMS / size, 31) for size in typical]
        else:
            kinds = Constants(SeededDraws(np.random.default_rng(seed)), self.extreme)
            pairs = [kinds.rescale(size) for size in typical]
        return {
            "multiplier": np.array([pair[0] for pair in pairs], np.int64),
            "shift": np.array([pair[1] for pair in pairs], np.int64),
        }
