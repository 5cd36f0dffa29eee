"""The space of shapes, with lower bounds of what each of them takes.

A shape is only never predicted where another one, which is, takes no more of anything than this one
at least. All of these bounds follow from the models but one: what the program takes at least is a
share that was measured, `_PROGRAM`, and that the tests compare with brute force.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property, partial

import numpy as np
import numpy.typing as npt

from isomac.compile.search import (
    BANKS,
    Constraints,
    arrays,
    hardware_of,
    requant_choices,
)
from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError
from isomac.resources import estimate, estimate_all
from isomac.resources.memories import Memory
from isomac.resources.memory_mapping import map_memory
from isomac.sizing.bare import bare_cores
from isomac.sizing.bounds import Axes, Integers, cycle_bounds
from isomac.sizing.point import STEP, memory_bits, usable
from isomac.sizing.sizer import Sizer
from isomac.targets import Target
from isomac_hw.parameters import AcceleratorParameters

#: Bounds are a trifle lower than computed, since floats are rounded.
_SLACK = 1e-9
#: LUTs by which sums of rounded predictions can be too high.
_ROUNDED = 4
#: The program of any shape takes at least this share of the LUTs of that of the smallest array
#: with as many channel lanes, or with the power of two below.
_PROGRAM = 0.7

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bounds:
    """Lower bounds of all shapes of a space, a number each.

    Members
    -------
    lanes, tile_rows, tile_columns, requant_lanes, banks
        What the shapes are.
    cycles, frequency
        Of an inference; MHz, exact.
    speed
        Steps of latency, see `isomac.sizing.point.Point.speed`.
    multipliers
        Of the array; exact.
    lut, dsp, bram, memory_bits
        As they are called.
    """

    lanes: Integers
    tile_rows: Integers
    tile_columns: Integers
    requant_lanes: Integers
    banks: Integers
    cycles: Integers
    frequency: Reals
    speed: Integers
    multipliers: Integers
    lut: Reals
    dsp: Integers
    bram: Integers
    memory_bits: Integers

    def shape(self, index: int) -> ArrayShape:
        """One of the shapes."""
        return ArrayShape(
            tile_rows=int(self.tile_rows[index]),
            tile_columns=int(self.tile_columns[index]),
            channel_lanes=int(self.lanes[index]),
            requant_lanes=int(self.requant_lanes[index]),
            banks=int(self.banks[index]),
        )

    @cached_property
    def rank(self) -> Integers:
        """Place of each shape in the order of `isomac.sizing.point.Point.rank`."""
        hardware = hardware_of(
            self.multipliers, self.lanes, self.requant_lanes, self.banks, np.log2(self.banks)
        )
        order = np.lexsort(
            (
                *(self.banks, self.requant_lanes, self.lanes, self.tile_columns, self.tile_rows),
                hardware,
            )
        )
        rank: Integers = np.empty(len(self), np.int64)
        rank[order] = np.arange(len(self))
        return rank

    def tighten(self, index: int, sizer: Sizer) -> None:
        """Raise the bound of the cycles of one shape to what they are."""
        self.cycles[index] = sizer.cycles(self.shape(index))
        speed = _speed(self.cycles[index], self.frequency[index])
        self.speed[index] = max(self.speed[index], speed)

    def __len__(self) -> int:
        return len(self.lanes)

    def fitting(self, target: Target) -> npt.NDArray[np.intp]:
        """Those that may fit a target, as far as the bounds tell."""
        fits = np.ones(len(self), bool)
        for resource in ("lut", "dsp", "bram"):
            fits &= getattr(self, resource) <= usable(target, resource)
        return np.nonzero(fits)[0]


def bounds(sizer: Sizer, constraints: Constraints) -> Bounds:
    """Bound all shapes within the constraints.

    Raises
    ------
    IsomacError
        If there is none.
    """
    tiles: dict[int, list[tuple[int, int]]] = {}
    for rows, columns, lanes in arrays(sizer.facts.lowered(1), constraints):
        tiles.setdefault(lanes, []).append((rows, columns))
    if not tiles:
        raise IsomacError(
            f"no array is within {constraints.multipliers} multipliers and what was asked for"
        )
    banks = list(BANKS) if constraints.banks is None else [constraints.banks]
    program = cache(partial(_program, sizer))
    parts = []
    for lanes, found in tiles.items():
        axes = Axes.of(found, requant_choices(lanes, constraints), banks)
        least = _PROGRAM * program(1 << (lanes.bit_length() - 1))
        parts.append(_bounds_of(sizer, lanes, axes, least))
    return Bounds(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _bounds_of(
    sizer: Sizer, lanes: int, axes: Axes, program: float
) -> tuple[npt.NDArray[np.generic], ...]:
    """The columns of `Bounds` for one M, whose programs take so many LUTs at least."""
    cycles = cycle_bounds(sizer.facts.lowered(lanes), axes)
    cores = bare_cores(sizer.facts, lanes, axes)
    found = estimate_all(cores, sizer.target)
    frequency: Reals | float
    if sizer.frequency is not None:
        frequency = sizer.frequency
    else:
        frequency = sizer.target.frequency if found.fmax is None else found.fmax
    columns = (
        *(lanes, axes.rows, axes.columns, axes.requant_lanes, axes.banks),
        *(cycles, frequency, _speed(cycles, frequency), axes.rows * axes.columns * lanes),
        *(found.lut + (program - _ROUNDED), found.dsp, found.bram, memory_bits(cores)),
    )
    return tuple(np.broadcast_to(values, axes.shape).ravel() for values in columns)


def _speed(cycles: Integers, frequency: Reals | float) -> Integers:
    """Steps of latency, see `isomac.sizing.point.Point.speed`."""
    latency = cycles / frequency / 1000 * (1 - _SLACK)
    return np.floor(np.log(latency) / STEP).astype(np.int64)


def _program(sizer: Sizer, lanes: int) -> int:
    """LUTs that the program of the smallest array with so many channel lanes takes.

    Those of its memory are left out where that of another array may be made of blocks.
    """
    shape = ArrayShape(tile_rows=1, tile_columns=1, channel_lanes=lanes, requant_lanes=1, banks=1)
    bare = sizer.facts.parameters(sizer.facts.builder(shape), bare=True)
    p = sizer.point(shape).parameters

    def lut(parameters: AcceleratorParameters) -> int:
        return estimate(parameters, sizer.target).lut

    whole = lut(p)
    if _may_be_blocks(p.program_depth, sizer.target.family):
        # Each 16 rows take as many as the first 16.
        whole = 2 * lut(replace(p, program_depth=1)) - lut(replace(p, program_depth=17))
    return max(0, whole - lut(bare))


def _may_be_blocks(rows: int, family: str) -> bool:
    """Whether a ROM with so many rows can be a block RAM, at the widths that suit that best."""
    roms = (Memory("program", bits, rows, written=False) for bits in range(144, 720, 144))
    return any(map_memory(rom, family).resource == "bram" for rom in roms)
