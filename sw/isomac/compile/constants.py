"""Memory images of weights and requantization constants, with equal stretches stored once."""

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from isomac.compile.shape import ArrayShape
from isomac.compile.work import Constants

Number = TypeVar("Number", np.int8, np.int64)


@dataclass
class ConstantImages:
    """Collects the constants of all jobs for an array of one shape.

    Members
    -------
    weights
        int8 (words, M).
    requant
        int64 (rows, R, 3): bias, multiplier, shift; a shift of 0 stands for a lane without a
        channel.
    """

    shape: ArrayShape
    _weights: list[npt.NDArray[np.int8]] = field(default_factory=list)
    _requant: list[npt.NDArray[np.int64]] = field(default_factory=list)
    _bases: dict[tuple[str, bytes], int] = field(default_factory=dict)
    _used: dict[str, int] = field(default_factory=lambda: {"weights": 0, "requant": 0})

    def add(self, constants: Constants) -> tuple[int, int]:
        """First weight word and first requantization row of a job."""
        weights = np.ascontiguousarray(constants.weights)
        rows = self._rows(constants)
        return (
            self._place("weights", weights, self._weights),
            self._place("requant", rows, self._requant),
        )

    def _place(
        self, kind: str, block: npt.NDArray[Number], blocks: list[npt.NDArray[Number]]
    ) -> int:
        key = (kind, block.tobytes())
        if key not in self._bases:
            self._bases[key] = self._used[kind]
            self._used[kind] += len(block)
            blocks.append(block)
        return self._bases[key]

    def _rows(self, constants: Constants) -> npt.NDArray[np.int64]:
        """Rows in the order of the drain: channel tile, step; int64 (rows, R, 3)."""
        lanes, requant_lanes = self.shape.channel_lanes, self.shape.requant_lanes
        tiles = -(-len(constants.bias) // lanes)
        by_slot = np.zeros((tiles * lanes, 3), np.int64)
        by_slot[: len(constants.bias)] = np.stack(
            [constants.bias, constants.multiplier, constants.shift], axis=1
        )
        steps = self.shape.drain_steps
        padded = np.zeros((tiles, steps * requant_lanes, 3), np.int64)
        padded[:, :lanes] = by_slot.reshape(tiles, lanes, 3)
        return padded.reshape(tiles * steps, requant_lanes, 3)

    @property
    def weights(self) -> npt.NDArray[np.int8]:
        return np.concatenate(self._weights)

    @property
    def requant(self) -> npt.NDArray[np.int64]:
        return np.concatenate(self._requant)


def weight_rows(weights: npt.NDArray[np.int8]) -> list[int]:
    """Weight words as unsigned integers, channel 0 in the lowest byte."""
    return [int.from_bytes(word.tobytes(), "little") for word in weights]


def requant_rows(
    requant: npt.NDArray[np.int64],
    *,
    bias_bits: int,
    multiplier_bits: int,
    shift_min: int,
    shift_bits: int,
) -> list[int]:
    """Requantization rows as unsigned integers, lane 0 lowest.

    Each lane has bias, multiplier and shift - shift_min, from the lowest bit on.
    """
    width = bias_bits + multiplier_bits + shift_bits
    mask = (1 << bias_bits) - 1
    rows = []
    for row in requant.tolist():
        value = 0
        for lane, (bias, multiplier, shift) in enumerate(row):
            offset = max(0, shift - shift_min)
            packed = (
                (bias & mask) | multiplier << bias_bits | offset << (bias_bits + multiplier_bits)
            )
            value |= packed << (lane * width)
        rows.append(value)
    return rows
