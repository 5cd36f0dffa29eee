"""A multiplier and a shift that do what a product in double, rounded once, does.

TFLite's reference kernel of FULLY_CONNECTED computes `round(acc * ratio)` in double, half away from
zero. Its results are those of an integer multiplier for all accumulators if they are so on both
sides of every step; that is what is checked here, and the multiplier moved by a few units where
one differs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isomac.importers.tflite.recipes import quantize_multiplier
from isomac.importers.tflite.tensor import UnfitError

Integers = npt.NDArray[np.int64]

#: Steps between two int8 values and the zero point: a step beyond them is clamped away.
_REACH = 256
#: How far a multiplier is moved. A unit up turns half up into half away from zero.
_OFFSETS = (0, 1, -1, 2, -2, 3, -3, 4, -4)
#: Ratios that are checked together.
_CHUNK = 128
_FIRST_SHIFT, _FIRST_HALF = 31, 1 << 30
_INT32_LIMIT = 1 << 31


def fit_multipliers(
    ratios: npt.NDArray[np.float64], bounds: Integers
) -> tuple[Integers, Integers, str]:
    """Return multipliers, shifts, and the rounding for which they equal the products in double.

    Parameters
    ----------
    ratios
        float64 (O), above 0.
    bounds
        int64 (O), the largest magnitude of each accumulator, below 2**31.

    Raises
    ------
    UnfitError
        If there are none for one of the ratios.
    """
    if (bounds * ratios >= _INT32_LIMIT - _REACH).any():
        raise UnfitError("its accumulators times the ratio of its scales leave int32")
    pairs = np.stack([ratios, bounds.astype(np.float64)], axis=1)
    distinct, where = np.unique(pairs, axis=0, return_inverse=True)
    for rounding in ("single", "double"):
        found = _fit(distinct[:, 0], distinct[:, 1].astype(np.int64), rounding)
        if found is not None:
            multiplier, shift = found
            where = where.reshape(-1)
            return multiplier[where], shift[where], rounding
    raise UnfitError(
        "no integer multiplier gives the results of TFLite's kernel, which rounds a product in"
        " double"
    )


def _fit(
    ratios: npt.NDArray[np.float64], bounds: Integers, rounding: str
) -> tuple[Integers, Integers] | None:
    constants = np.array([quantize_multiplier(float(ratio)) for ratio in ratios], np.int64)
    multiplier, shift = constants[:, 0], constants[:, 1]
    left = np.arange(len(ratios))
    for offset in _OFFSETS:
        moved = np.clip(multiplier[left] + offset, 0, _INT32_LIMIT - 1)
        moved = np.where(multiplier[left] == 0, 0, moved)
        equal = np.concatenate(
            [
                _equal(ratios[part], bounds[part], moved[rows], shift[part], rounding)
                for rows, part in _chunks(left)
            ]
        )
        multiplier[left[equal]] = moved[equal]
        left = left[~equal]
        if not len(left):
            return multiplier, shift
    return None


def _chunks(indices: Integers) -> list[tuple[slice, Integers]]:
    starts = range(0, len(indices), _CHUNK)
    return [(slice(start, start + _CHUNK), indices[start : start + _CHUNK]) for start in starts]


def _equal(
    ratios: npt.NDArray[np.float64],
    bounds: Integers,
    multiplier: Integers,
    shift: Integers,
    rounding: str,
) -> npt.NDArray[np.bool_]:
    """Return for each ratio whether both give the same at every step within the bounds."""
    steps = np.arange(-_REACH, _REACH + 1) - 0.5
    near = np.floor(steps[None, :] / ratios[:, None])
    limit = bounds[:, None].astype(np.float64)
    near = np.clip(near, -limit, limit).astype(np.int64)
    accumulators = np.clip(
        near[:, :, None] + np.arange(-1, 3), -bounds[:, None, None], bounds[:, None, None]
    )
    products = accumulators.astype(np.float64) * ratios[:, None, None]
    whole = np.trunc(products)
    # Half away from zero; the difference is exact.
    expected = whole + np.copysign(np.abs(products - whole) >= 0.5, products)
    shift = shift[:, None, None]
    exact = accumulators * multiplier[:, None, None]
    half = np.left_shift(1, shift - 1)
    if rounding == "double":
        nudge = np.where(exact < 0, -_FIRST_HALF, _FIRST_HALF)
        half = half + np.where(shift > _FIRST_SHIFT, nudge, 0)
    actual = np.right_shift(exact + half, shift)
    same = np.clip(expected, -_REACH, _REACH) == np.clip(actual, -_REACH, _REACH)
    result: npt.NDArray[np.bool_] = same.all(axis=(1, 2))
    return result
