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
#: Slower than anything.
_SLOWEST = np.iinfo(np.int64).max
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


class _Stairs:
    """One front as far as it is known, ready for comparisons with many bounds.

    Parameters
    ----------
    name
        Of the price.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.front: tuple[Point, ...] = ()
        self._prices = np.array([-1])
        self._speeds = self._ranks = np.array([_SLOWEST])

    def add(self, point: Point, ranks: dict[ArrayShape, int]) -> None:
        """Put a point onto the front, if it belongs there."""
        front = front_of((*self.front, point), self.name)
        if front != self.front:
            self.front = front
            self._prices = np.array([-1, *(price(one, self.name) for one in front)])
            self._speeds = np.array([_SLOWEST, *(one.speed for one in front)])
            self._ranks = np.array([_SLOWEST, *(ranks[one.shape] for one in front)])

    def open(self, space: Bounds, left: Indices) -> npt.NDArray[np.bool_]:
        """Which shapes may still come onto it: nothing as cheap as their bound is as fast."""
        bound, speed = getattr(space, self.name)[left], space.speed[left]
        # Speeds fall along the front, so the last point that is as cheap is the fastest of them.
        rival = np.searchsorted(self._prices, bound, side="right") - 1
        equal = (self._speeds[rival] == speed) & (self._prices[rival] == bound)
        return (self._speeds[rival] > speed) | (equal & (self._ranks[rival] > space.rank[left]))


def fronts(sizer: Sizer, space: Bounds, *, fitting: bool) -> Fronts:
    """The fronts of a space; if `fitting`, of those shapes that fit the target."""
    before = sizer.predicted
    stairs = [_Stairs(name) for name in PRICES]
    ranks: dict[ArrayShape, int] = {}
    left = space.fitting(sizer.target) if fitting else np.arange(len(space))
    while len(left):
        batch = _promising(space, left)
        left = np.setdiff1d(left, batch, assume_unique=True)
        for index in batch.tolist():
            point = _predict(sizer, space, index, stairs)
            if point is not None and (point.fits or not fitting):
                ranks[point.shape] = int(space.rank[index])
                for one in stairs:
                    one.add(point, ranks)
        left = left[_open(space, left, stairs)]
    found = {one.name: one.front for one in stairs}
    return Fronts(found, len(space), sizer.predicted - before)


def _predict(sizer: Sizer, space: Bounds, index: int, stairs: list[_Stairs]) -> Point | None:
    """Predict a shape unless a closer look at its bounds rules it out."""
    only = np.array([index])
    if not _open(space, only, stairs)[0]:
        return None
    space.tighten(index, sizer)
    return sizer.point(space.shape(index)) if _open(space, only, stairs)[0] else None


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


def _open(space: Bounds, left: Indices, stairs: list[_Stairs]) -> npt.NDArray[np.bool_]:
    """Which shapes may still come onto some front."""
    may = np.zeros(len(left), bool)
    for one in stairs:
        may |= one.open(space, left)
    return may
