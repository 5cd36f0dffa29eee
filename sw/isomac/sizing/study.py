"""The questions: what is best on a target, what is the smallest target, what does this one cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from isomac.compile.search import MULTIPLIERS_MAX, Constraints
from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError
from isomac.sizing.facts import Facts
from isomac.sizing.fronts import Fronts, fronts
from isomac.sizing.point import Point
from isomac.sizing.sizer import Sizer
from isomac.sizing.space import bounds
from isomac.targets import Target, target, target_names

#: Whose figures are shown where no target was named.
REFERENCE = "ecp5-85f"
#: Budget of the array where neither the user nor a target sets one.
MULTIPLIERS = 256
#: Budget for a target without hard multipliers, where each takes about a hundred LUTs.
SOFT_MULTIPLIERS = 64
#: LUTs with four inputs that one with six is worth.
_LUT6 = 1.6


@dataclass(frozen=True)
class Goal:
    """What the user asks for.

    Members
    -------
    target
        The FPGA; None for any.
    latency_ms
        Most milliseconds of an inference; None for as few as can be.
    constraints
        What is fixed of the shape; the budget only counts if `budgeted`.
    budgeted
        Whether the user set the budget.
    frequency
        MHz; None for what is predicted.
    """

    target: Target | None
    latency_ms: float | None
    constraints: Constraints
    budgeted: bool
    frequency: float | None = None

    @property
    def fixed(self) -> ArrayShape | None:
        """The one shape that is asked for, if all of it is given."""
        c = self.constraints
        if c.tile is None or c.channel_lanes is None or None in (c.requant_lanes, c.banks):
            return None
        assert c.requant_lanes is not None
        assert c.banks is not None
        return ArrayShape(
            tile_rows=c.tile[0],
            tile_columns=c.tile[1],
            channel_lanes=c.channel_lanes,
            requant_lanes=c.requant_lanes,
            banks=c.banks,
        )


@dataclass(frozen=True)
class Outcome:
    """What was found on one target.

    Members
    -------
    target
        The FPGA.
    fronts
        Of what fits; of everything if no target was named, or nothing fits.
    best
        The accelerator to take: the leanest that reaches the goal, or the fastest; None if there is
        none.
    nearest
        Where nothing fits or reaches the goal: what comes nearest.
    """

    target: Target
    fronts: Fronts
    best: Point | None
    nearest: Point | None

    @property
    def shown(self) -> Point:
        """The accelerator to show."""
        found = self.best or self.nearest
        assert found is not None
        return found


@dataclass(frozen=True)
class Study:
    """The answer to a question.

    Members
    -------
    goal
        The question.
    outcomes
        On the targets that were looked at, in order.
    answer
        That of the target asked for, or of the smallest that reaches the goal, or of the one that
        comes nearest.
    fits_on
        Where nothing fits: the smallest target that has room for the nearest; None if none has.
    instead
        Where one shape was asked for and does not fit: the fastest that does, on the same target;
        None if there is none.
    """

    goal: Goal
    outcomes: tuple[Outcome, ...]
    answer: Outcome
    fits_on: Target | None = None
    instead: Point | None = None

    @property
    def reached(self) -> bool:
        """Whether there is an accelerator as it was asked for."""
        return self.answer.best is not None


def study(facts: Facts, goal: Goal) -> Study:
    """Answer a question about a network.

    Raises
    ------
    IsomacError
        If no shape is within what was asked for.
    """
    if goal.target is not None or (goal.latency_ms is None and goal.fixed is None):
        wanted = goal.target or target(REFERENCE)
        outcome = on_target(facts, goal, wanted, limited=goal.target is not None)
        fits_on = None
        if outcome.best is None and not outcome.shown.fits:
            fits_on = _home(facts, goal, outcome.shown)
        return Study(goal, (outcome,), outcome, fits_on, _instead(facts, goal, outcome))
    outcomes = []
    for candidate in by_size():
        outcome = on_target(facts, goal, candidate, limited=True)
        outcomes.append(outcome)
        # Where the clock of the smallest is not known, the next one is told as well.
        if outcome.best is not None and goal.fixed is None and not outcome.best.clock_unknown:
            break
    reached = [outcome for outcome in outcomes if outcome.best is not None]
    answer = reached[0] if reached else min(outcomes, key=_distance)
    return Study(goal, tuple(outcomes), answer, instead=_instead(facts, goal, answer))


def by_size() -> list[Target]:
    """All targets, the smallest first."""
    return sorted((target(name) for name in target_names()), key=_size)


def _size(found: Target) -> float:
    return found.resources["lut"].count * (_LUT6 if found.lut_inputs >= 6 else 1)


def _distance(outcome: Outcome) -> tuple[bool, float]:
    """How far an outcome is from the goal: what fits is nearer than what does not."""
    point = outcome.shown
    if point.fits:
        return False, point.latency_ms
    return True, max(*point.shares.values(), point.clock_share)


def on_target(facts: Facts, goal: Goal, wanted: Target, *, limited: bool) -> Outcome:
    """What is best on one target; its limits only count if `limited`."""
    sizer = Sizer(facts, wanted, goal.frequency)
    if goal.fixed is not None:
        point = sizer.point(goal.fixed)
        alone = Fronts(dict.fromkeys(("multipliers", "lut", "memory_bits"), (point,)), 1, 1)
        good = (point.fits or not limited) and _reaches(point, goal)
        return Outcome(wanted, alone, point if good else None, None if good else point)
    space = bounds(sizer, _within(goal, wanted, limited=limited))
    found = fronts(sizer, space, fitting=limited)
    if not found.points:
        return Outcome(
            wanted, fronts(sizer, space, fitting=False), None, _leanest(sizer, goal.constraints)
        )
    ladder = found.fronts["lut"]
    enough = [point for point in ladder if _reaches(point, goal)]
    if not enough:
        return Outcome(wanted, found, None, ladder[-1])
    return Outcome(wanted, found, enough[0] if goal.latency_ms else enough[-1], None)


def _reaches(point: Point, goal: Goal) -> bool:
    return goal.latency_ms is None or point.latency_ms <= goal.latency_ms


def _within(goal: Goal, wanted: Target, *, limited: bool) -> Constraints:
    """The constraints with the budget that a target has, unless the user set one."""
    if goal.budgeted:
        return goal.constraints
    budget = MULTIPLIERS
    if limited:
        budget = wanted.resources["dsp"].count or SOFT_MULTIPLIERS
    tile = goal.constraints.tile or (1, 1)
    least = math.prod(tile) * (goal.constraints.channel_lanes or 1)
    return replace(goal.constraints, multipliers=min(max(budget, least), MULTIPLIERS_MAX))


def _leanest(sizer: Sizer, constraints: Constraints) -> Point:
    """The accelerator that is short of the least, where nothing fits."""
    rows, columns = constraints.tile or (1, 1)
    lanes: Sequence[int] = (1, 2, 3, 4, 6, 8, 12, 16)
    if constraints.channel_lanes is not None:
        lanes = [constraints.channel_lanes]
    lanes = [m for m in lanes if m >= (constraints.requant_lanes or 1)] or [
        constraints.requant_lanes or 1
    ]
    points = [
        sizer.point(
            ArrayShape(
                tile_rows=rows,
                tile_columns=columns,
                channel_lanes=m,
                requant_lanes=constraints.requant_lanes or 1,
                banks=constraints.banks or 1,
            )
        )
        for m in lanes
    ]
    return min(points, key=lambda point: (max(point.shares.values()), point.rank))


def _instead(facts: Facts, goal: Goal, outcome: Outcome) -> Point | None:
    """The fastest accelerator that fits where the one shape that was asked for does not."""
    if goal.fixed is None or outcome.best is not None or outcome.shown.fits:
        return None
    free = replace(goal, latency_ms=None, constraints=Constraints(), budgeted=False)
    return on_target(facts, free, outcome.target, limited=True).best


def _home(facts: Facts, goal: Goal, point: Point) -> Target | None:
    """The smallest target on which a shape fits."""
    for candidate in by_size():
        try:
            if Sizer(facts, candidate, goal.frequency).point(point.shape).fits:
                return candidate
        except IsomacError:
            continue
    return None
