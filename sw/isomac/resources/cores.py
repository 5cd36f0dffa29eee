"""Many cores at once: parameters of which those that the shape decides are arrays.

The features are written with operators that take a number or an array of them, so that one core and
a hundred thousand are estimated by the same lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from amaranth.utils import ceil_log2

from isomac_hw.job import JobLayout
from isomac_hw.parameters import AcceleratorParameters

Integers = npt.NDArray[np.int64]
#: An int, or an array of them.
Number = Any


@dataclass(frozen=True, eq=False, kw_only=True)
class Cores:
    """Fixed cores of one M: `AcceleratorParameters` with arrays that fit to each other.

    Members
    -------
    like
        One of them, with all that they have in common.
    tile_rows, tile_columns, requant_lanes, banks, window_columns
        As there.
    stride_count
        How many strides the window can take.
    lane_sum
        Whether the feature of that name is there.
    activation_depth, weight_depth, requant_depth
        As there.

    Raises
    ------
    ValueError
        If `like` is programmable.
    """

    like: AcceleratorParameters
    tile_rows: Integers
    tile_columns: Integers
    requant_lanes: Integers
    banks: Integers
    window_columns: Integers
    stride_count: Integers
    lane_sum: npt.NDArray[np.bool_]
    activation_depth: Integers
    weight_depth: Integers
    requant_depth: Integers

    def __post_init__(self) -> None:
        if self.like.mode != "fixed":
            raise ValueError(f"Many cores at once must be fixed, not {self.like.mode}")

    def __getattr__(self, name: str) -> Any:
        """What is the same in all of them."""
        return getattr(self.like, name)

    def has(self, feature: str) -> Any:
        """Whether the hardware has a feature."""
        return self.lane_sum if feature == "lane_sum" else self.like.has(feature)

    @property
    def job_layout(self) -> JobLayout:
        """Bits of a program row."""
        return self.like.job_layout

    @property
    def pixel_lanes(self) -> Integers:
        """P."""
        return self.tile_rows * self.tile_columns

    @property
    def multipliers(self) -> Integers:
        """P * M."""
        return self.pixel_lanes * self.like.channel_lanes

    @property
    def drain_steps(self) -> Integers:
        """Cycles in which the M sums of one pixel leave through R lanes."""
        return -(-self.like.channel_lanes // self.requant_lanes)

    @property
    def address_bits(self) -> Integers:
        """Width of activation addresses."""
        return each(ceil_log2, self.activation_depth) + 1

    @property
    def weight_address_bits(self) -> Integers:
        """Width of weight addresses."""
        return each(ceil_log2, self.weight_depth) + 1

    @property
    def requant_address_bits(self) -> Integers:
        """Width of requantization row addresses."""
        return each(ceil_log2, self.requant_depth) + 1

    @property
    def requant_row_bits(self) -> Integers:
        """Width of a row of the requantization memory."""
        p = self.like
        return self.requant_lanes * (p.bias_bits + p.multiplier_bits + p.shift_bits)


#: What an estimate takes.
AnyCores = AcceleratorParameters | Cores


def as_parameters(cores: AnyCores) -> AcceleratorParameters:
    """Return the same, for functions of the hardware that do no more than compute with fields."""
    return cast("AcceleratorParameters", cores)


def each(function: Callable[..., Any], *values: Number) -> Any:
    """Return a function of numbers; of arrays, as arrays of what it returns, one for each result.

    It is called once for equal values.
    """
    if not any(isinstance(value, np.ndarray) for value in values):
        return function(*values)
    arrays = np.broadcast_arrays(*values)
    key = arrays[0]
    for array in arrays[1:]:
        key = key * (int(array.max()) + 1) + array
    _, first, place = np.unique(key.ravel(), return_index=True, return_inverse=True)
    columns = [array.ravel()[first].tolist() for array in arrays]
    found = np.array([function(*row) for row in zip(*columns, strict=True)])
    spread = np.moveaxis(found[place], 0, -1).reshape(*found.shape[1:], *key.shape)
    return spread if found.ndim == 1 else tuple(spread)


def largest(*values: Number) -> Number:
    """Return the largest of numbers, or of each place in arrays."""
    if any(isinstance(value, np.ndarray) for value in values):
        result = values[0]
        for value in values[1:]:
            result = np.maximum(result, value)
        return result
    return max(values)
