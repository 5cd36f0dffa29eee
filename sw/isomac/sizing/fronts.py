"""The Pareto fronts: which shapes are worth their price.

There are three, of latency against multipliers, LUTs and bits of memory. A shape is predicted
unless its lower bounds are beaten already: what is left in the end are the fronts of all shapes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isomac.compile.shape import ArrayShape
from isomac.sizing.point import Point
from isomac.sizing.sizer import Sizer
from isomac.sizing.space import Bounds

#: What latency is weighed against.
PRICES = ("multipliers", "lut", "memory_bits")
Indices = npt.NDArray[np.intp]
#: Shapes predicted between two looks at what is left.
_BATCH = 8


@dataclass(frozen=True)
class Fronts:
    """The points of the three fronts.

    Members
    -------
    fronts
        Points by price, from the cheapest and slowest to the dearest and fastest.
    shapes
        Number of shapes that they are the best of.
    predicted
        How many of them had to be predicted; lower bounds rule the others out.
    """

    fronts: dict[str, tuple[Point, ...]]
    shapes: int
    predicted: int

    @property
    def points(self) -> list[Point]:
        """All points, each once, the fastest first."""
        found = {point.shape: point for front in self.fronts.values() for point in front}
        return sorted(found.values(), key=lambda point: (point.latency_ms, point.rank))


def price(point: Point, name: str) -> int:
    """What a point costs."""
    return point.estimate.lut if name == "lut" else int(getattr(point, name))


def front_of(points: Iterable[Point], name: str) -> tuple[Point, ...]:
    """The points than which no other is at once as fast and as cheap, cheapest first.

    Of several that are equal in both, the first in their rank.
    """
    found: list[Point] = []
    for point in sorted(points, key=lambda p: (price(p, name), p.speed, p.rank)):
        if not found or point.speed < found[-1].speed:
            found.append(point)
    return tuple(found)


def fronts(sizer: Sizer, space: Bounds, *, fitting: bool) -> Fronts:
    """The fronts of a space; if `fitting`, of those shapes that fit the target."""
    before = sizer.predicted
    good: dict[str, tuple[Point, ...]] = dict.fromkeys(PRICES, ())
    ranks: dict[ArrayShape, int] = {}
    left = space.fitting(sizer.target) if fitting else np.arange(len(space))
    while len(left):
        batch = _promising(space, left)
        left = np.setdiff1d(left, batch, assume_unique=True)
        for index in batch.tolist():
            point = _predict(sizer, space, index, good, ranks)
            if point is not None and (point.fits or not fitting):
                ranks[point.shape] = int(space.rank[index])
                good = {name: front_of((*front, point), name) for name, front in good.items()}
        left = left[_open(space, left, good, ranks)]
    return Fronts(good, len(space), sizer.predicted - before)


def _predict(
    sizer: Sizer,
    space: Bounds,
    index: int,
    good: dict[str, tuple[Point, ...]],
    ranks: dict[ArrayShape, int],
) -> Point | None:
    """Predict a shape unless a closer look at its bounds rules it out."""
    for exact_cycles in (False, True):
        space.tighten(index, sizer, exact_cycles=exact_cycles)
        if not _open(space, np.array([index]), good, ranks)[0]:
            return None
    return sizer.point(space.shape(index))


def _promising(space: Bounds, left: Indices) -> Indices:
    """Some of those whose bounds nothing beats, for each price, spread over the whole front."""
    found = []
    for name in PRICES:
        keys = (space.rank[left], space.speed[left], getattr(space, name)[left])
        order = left[np.lexsort(keys)]
        speed = space.speed[order]
        ahead = np.ones(len(order), bool)
        ahead[1:] = speed[1:] < np.minimum.accumulate(speed)[:-1]
        front = order[ahead]
        found.append(front[np.linspace(0, len(front) - 1, _BATCH).astype(np.int64)])
    return np.unique(np.concatenate(found))


def _open(
    space: Bounds,
    left: Indices,
    good: dict[str, tuple[Point, ...]],
    ranks: dict[ArrayShape, int],
) -> npt.NDArray[np.bool_]:
    """Which shapes may still come onto a front: nothing as cheap as their bound is as fast."""
    may = np.zeros(len(left), bool)
    slowest = np.iinfo(np.int64).max
    for name, front in good.items():
        prices = np.array([-1, *(price(point, name) for point in front)])
        speeds = np.array([slowest, *(point.speed for point in front)])
        rivals = np.array([slowest, *(ranks[point.shape] for point in front)])
        bound, speed = getattr(space, name)[left], space.speed[left]
        # Speeds fall along the front, so the last point that is as cheap is the fastest of them.
        rival = np.searchsorted(prices, bound, side="right") - 1
        equal = (speeds[rival] == speed) & (prices[rival] == bound)
        may |= (speeds[rival] > speed) | (equal & (rivals[rival] > space.rank[left]))
    return may
