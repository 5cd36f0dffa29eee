"""Random zero points, weights, biases, rescalings and clamps, corner cases among them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.rescale_constants import rescale_constants

#: Root mean square of a uniformly distributed int8 value.
_INT8_RMS = 74


@dataclass(frozen=True)
class Constants:
    """Draws the constants of operations.

    Parameters
    ----------
    rng
        All randomness comes from here.
    extreme
        Probability that a constant is a corner case.
    """

    rng: np.random.Generator
    extreme: float

    def between(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return bool(self.rng.random() < probability)

    def one_of(self, *options: Any) -> Any:
        """Return one of the options."""
        return options[self.between(0, len(options) - 1)]

    def zero_point(self) -> int:
        """Return a zero point in [-128, 127]."""
        if self.chance(self.extreme):
            return int(self.one_of(-128, 127, 0, -127, 126))
        return int(np.clip(round(self.rng.normal(0, 50)), -128, 127))

    def scale(self) -> float:
        """Return a scale that has no relation to anything: no arithmetic reads it."""
        return float(2.0 ** self.rng.uniform(-8, 0))

    def clamp(self, zero_point: int) -> dict[str, int]:
        """Return quant_min and quant_max: most often all of int8 or a ReLU."""
        low, high = self.one_of((-128, 127), (-128, 127), (zero_point, 127))
        if self.chance(self.extreme / 2):
            a, b = sorted((self.between(-128, 127), self.between(-128, 127)))
            low, high = self.one_of((a, b), (-128, zero_point), (a, a), (-128, -128), (127, 127))
        return {"quant_min": low, "quant_max": high}

    def weight(self, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
        """Return int8 weights, each output channel of a kind of its own."""
        channels = [self._channel(shape[1:]) for _ in range(shape[0])]
        return np.stack(channels).astype(np.int8)

    def _channel(self, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        if self.chance(self.extreme / 3):
            return np.full(shape, self.one_of(-128, -127, 127, 0, 1, -1))
        if self.chance(self.extreme):
            sign = np.where(self.rng.random(shape) < 0.5, -128, 127)
            return np.where(self.rng.random(shape) < 0.5, sign, 0)
        if self.chance(0.5):
            return self.rng.integers(-128, 128, shape)
        return np.clip(np.round(self.rng.normal(0, 30, shape)), -127, 127)

    def bias(self, weight: npt.NDArray[np.int8], zero_point: int) -> npt.NDArray[np.int32]:
        """Return int32 biases: of the size of the sums, 0, or as large as int32 sums allow."""
        rows = weight.reshape(len(weight), -1).astype(np.int64)
        typical = np.sqrt((rows**2).sum(axis=1)) * _INT8_RMS + 1
        distance = max(127 - zero_point, zero_point + 128)
        room = 2**31 - 1 - np.abs(rows).sum(axis=1) * distance
        bias = np.round(self.rng.normal(0, 1, len(rows)) * typical).astype(np.int64)
        for channel in range(len(rows)):
            if self.chance(self.extreme / 2):
                bias[channel] = self.one_of(0, room[channel], -room[channel])
        return bias.astype(np.int32)

    def rescale(self, typical: float) -> tuple[int, int]:
        """Return (multiplier, shift) that bring sums of this size to int8, or a corner case."""
        if self.chance(self.extreme / 2):
            return (
                int(self.one_of(0, 1, 2**30, 2**31 - 1, self.between(0, 2**31 - 1))),
                int(self.one_of(1, 2, 31, 32, 61, 62, self.between(1, 62))),
            )
        ratio = 2.0 ** self.rng.uniform(4, 8) / typical
        return rescale_constants(ratio, self.one_of(31, 31, 18, 12))

    def rescales(self, weight: npt.NDArray[np.int8]) -> dict[str, npt.NDArray[np.int64]]:
        """Return multiplier and shift for every output channel of `weight`."""
        rows = weight.reshape(len(weight), -1).astype(np.int64)
        pairs = [self.rescale(math.sqrt(int((row**2).sum())) * _INT8_RMS + 1) for row in rows]
        return {
            "multiplier": np.array([pair[0] for pair in pairs], np.int64),
            "shift": np.array([pair[1] for pair in pairs], np.int64),
        }
