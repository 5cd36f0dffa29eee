"""A multiplier and a shift that do what a product in double, rounded once, does.

TFLite's reference kernel of FULLY_CONNECTED computes `round(acc * ratio)` in double, half away from
zero. An integer multiplier gives the same for all accumulators if it does so on both sides of every
step between two bytes. That is checked here, and the multiplier moved by a few units where it
differs: one unit up turns half up into half away from zero.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.importers.tflite.recipes import quantize_multiplier
from isomac.importers.tflite.tensor import UnfitError

Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

#: How far a multiplier is moved.
_OFFSETS = (0, 1, -1, 2, -2, 3, -3, 4, -4)
#: A multiplier of 31 bits that is off by 5 units moves a product below 256 by less than this.
_NEAR = 2.0**-19
#: The largest distance of a byte from a zero point, and one more.
_REACH = 256
_INT32_LIMIT = 1 << 31
#: Ratios that are looked at together.
_CHUNK = 1024


def fit_multipliers(ratios: Reals, bounds: Integers, zero_point: int) -> tuple[Integers, Integers]:
    """Return multipliers and shifts that, rounded once, equal the products in double.

    Parameters
    ----------
    ratios
        float64 (O), above 0.
    bounds
        int64 (O), the largest magnitude of each accumulator, below 2**31.
    zero_point
        Of the output, which is clamped to int8.

    Raises
    ------
    UnfitError
        If there are none for one of the ratios.
    """
    if (bounds * ratios >= _INT32_LIMIT - _REACH).any():
        raise UnfitError("its accumulators times the ratio of its scales leave int32")
    distinct, where = np.unique(ratios, return_inverse=True)
    limits = np.zeros(len(distinct), np.int64)
    np.maximum.at(limits, where, bounds)
    constants = np.array([quantize_multiplier(float(ratio)) for ratio in distinct], np.int64)
    multiplier, shift = constants[:, 0].copy(), constants[:, 1].copy()
    steps = np.arange(INT8_MIN + 1, INT8_MAX + 1, dtype=np.float64) - (zero_point + 0.5)
    for start in range(0, len(distinct), _CHUNK):
        part = slice(start, start + _CHUNK)
        multiplier[part] = _fit(distinct[part], limits[part], steps, multiplier[part], shift[part])
    return multiplier[where], shift[where]


def _fit(
    ratios: Reals, limits: Integers, steps: Reals, multiplier: Integers, shift: Integers
) -> Integers:
    """Return the multipliers, moved where they must be."""
    rows, accumulators = _beside_steps(ratios, limits, steps)
    products = accumulators * ratios[rows, None]
    whole = np.trunc(products)
    # Half away from zero; the difference is exact.
    expected = whole + np.copysign(np.abs(products - whole) >= 0.5, products)
    fitted = multiplier.copy()
    for offset in _OFFSETS:
        # 0 stands for a ratio with which every product rounds to 0.
        moved = np.where(multiplier == 0, 0, multiplier + offset)
        half = np.left_shift(1, shift[rows] - 1)[:, None]
        actual = (accumulators * moved[rows, None] + half) >> shift[rows, None]
        wrong = np.zeros(len(ratios), bool)
        wrong[rows[(actual != expected).any(axis=1)]] = True
        # What was right before is not among the rows any more.
        fitted[rows] = moved[rows]
        if not wrong.any():
            return fitted
        keep = wrong[rows]
        rows, accumulators, expected = rows[keep], accumulators[keep], expected[keep]
    raise UnfitError(
        "no integer multiplier gives the results of TFLite's kernel, which rounds a product in"
        " double"
    )


def _beside_steps(ratios: Reals, limits: Integers, steps: Reals) -> tuple[Integers, Integers]:
    """Return the accumulators whose products lie so close to a step that a unit may matter.

    Returns
    -------
    rows
        int64 (n), which of the ratios.
    accumulators
        int64 (n, 4), beside one step on both sides.
    """
    limit = limits[:, None].astype(np.float64)
    nearest = np.rint(steps[None, :] / ratios[:, None])
    close = np.abs(nearest * ratios[:, None] - steps[None, :]) < _NEAR
    rows, columns = np.nonzero(close & (np.abs(nearest) <= limit + 2))
    around = nearest[rows, columns].astype(np.int64)[:, None] + np.arange(-2, 2)
    return rows, np.clip(around, -limits[rows, None], limits[rows, None])
