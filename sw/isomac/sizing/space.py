"""The space of shapes, with lower bounds of what each of them takes.

Nothing of it is left out by rule of thumb. A shape is only never predicted where another one, which
is, takes no more of anything than this one at least.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from isomac.compile.lowering import Lowered
from isomac.compile.search import (
    BANKS,
    BLOCK_RAM_BITS,
    MULTIPLEXERS,
    Constraints,
    arrays,
    requant_choices,
)
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork
from isomac.errors import IsomacError
from isomac.resources.memories import memories
from isomac.resources.memory_mapping import map_memory
from isomac.sizing.bounds import Axes, Integers, cycle_bounds, lanes_share
from isomac.sizing.point import STEP, usable
from isomac.sizing.sizer import Floor, Sizer
from isomac.targets import Target
from isomac_hw.parameters import AcceleratorParameters

#: Bounds are a trifle lower than computed, since floats are rounded.
_SLACK = 1e-9
#: LUTs by which sums of rounded predictions can be too high.
_ROUNDED = 4
#: The program of any shape takes at least this share of the LUTs of that of the smallest array
#: with as many channel lanes, or with the power of two below.
_PROGRAM = 0.7
#: Each pixel lane adds at least this share of the LUTs that the second one does.
_LANE = 0.9

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bounds:
    """Lower bounds of all shapes of a space, a number each.

    Members
    -------
    lanes, tile_rows, tile_columns, requant_lanes, banks
        What the shapes are.
    cycles
        Of an inference.
    speed
        Steps of latency, see `isomac.sizing.point.Point.speed`.
    multipliers
        Of the array; exact.
    lut, dsp, bram, memory_bits
        As they are called.
    program
        LUTs of the program, which are among those of `lut`.
    """

    lanes: Integers
    tile_rows: Integers
    tile_columns: Integers
    requant_lanes: Integers
    banks: Integers
    cycles: Integers
    speed: Integers
    multipliers: Integers
    lut: Reals
    dsp: Integers
    bram: Integers
    memory_bits: Integers
    program: Reals

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
        word_bits = 8 * self.lanes
        stages = np.log2(self.banks)
        hardware = (
            self.multipliers
            + 4 * self.requant_lanes
            + self.banks * word_bits * stages / MULTIPLEXERS
            + self.banks * -(-word_bits // BLOCK_RAM_BITS)
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

    def tighten(self, index: int, sizer: Sizer, *, exact_cycles: bool) -> None:
        """Raise the bounds of one shape by a closer look at it.

        The first look is at the accelerator without its program; `exact_cycles` take longer.
        """
        shape = self.shape(index)
        floor = sizer.floor(shape)
        if exact_cycles:
            self.cycles[index] = sizer.cycles(shape)
        latency = self.cycles[index] * _period(sizer, floor) / 1000 * (1 - _SLACK)
        self.speed[index] = max(self.speed[index], math.floor(math.log(latency) / STEP))
        self.lut[index] = max(self.lut[index], floor.estimate.lut + self.program[index] - _ROUNDED)
        self.memory_bits[index] = floor.memory_bits

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
    parts = [
        _bounds_of(sizer, lanes, Axes.of(found, requant_choices(lanes, constraints), banks))
        for lanes, found in tiles.items()
    ]
    return Bounds(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _bounds_of(sizer: Sizer, lanes: int, axes: Axes) -> tuple[npt.NDArray[np.generic], ...]:
    """The columns of `Bounds` for one M."""
    cycles = cycle_bounds(sizer.facts.lowered(lanes), axes)
    floors = _floors(sizer, lanes, axes)
    latency = cycles * floors.period / 1000 * (1 - _SLACK)
    pixels = axes.rows * axes.columns

    def flat(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        return np.broadcast_to(values, axes.shape).ravel()

    return (
        flat(np.full((1, 1, 1), lanes, np.int64)),
        *(flat(values) for values in (axes.rows, axes.columns, axes.requant_lanes, axes.banks)),
        flat(cycles),
        flat(np.floor(np.log(latency) / STEP).astype(np.int64)),
        flat(pixels * lanes),
        *(flat(v) for v in (floors.lut, floors.dsp, floors.bram, floors.memory_bits)),
        flat(np.full((1, 1, 1), floors.program)),
    )


@dataclass(frozen=True, eq=False)
class _Floors:
    """What shapes of one M take at least; the period in microseconds."""

    lut: Reals
    dsp: Integers
    bram: Integers
    period: Reals
    memory_bits: Integers
    program: float


def _floors(sizer: Sizer, lanes: int, axes: Axes) -> _Floors:
    """What the shapes of a box take at least.

    A few bare accelerators stand for all: what pixel lanes, requantization lanes and banks add to
    the smallest one, they add to any at least; and of pixel lanes each adds what the second one
    does at least, and no clock is faster with more of them. The tests hold the resource models to
    that.
    """

    def bare(columns: int = 1, rows: int = 1, requant_lanes: int = 1, banks: int = 1) -> Floor:
        return sizer.floor(
            ArrayShape(
                tile_rows=rows,
                tile_columns=columns,
                channel_lanes=lanes,
                requant_lanes=requant_lanes,
                banks=banks,
            )
        )

    base = bare()
    pixels = (axes.rows * axes.columns).ravel()
    requant_lanes = axes.requant_lanes.ravel()
    by_banks = [bare(banks=banks) for banks in axes.banks.ravel().tolist()]
    by_requant = [sizer.with_requant_lanes(base, count) for count in requant_lanes.tolist()]
    by_pixels = _stairs(pixels, lambda lanes: bare(columns=lanes))

    def logic(resource: str) -> Integers:
        """Base, and what pixel lanes, requantization lanes and banks add to it."""

        def of(floor: Floor) -> int:
            return int(getattr(floor.estimate, resource))

        lane = 0
        if pixels.max() > 1:
            lane = max(0, min(of(bare(columns=2)), of(bare(rows=2))) - of(base))
            lane = int(lane * _LANE) if resource == "lut" else lane
        more: Integers = np.array([of(floor) - of(base) for floor in by_requant])
        if resource == "dsp" and requant_lanes.max() > 1:
            # All requantizers have the same.
            more = (requant_lanes - 1) * (of(sizer.with_requant_lanes(base, 2)) - of(base))
        total: Integers = of(base) + (pixels - 1)[:, None, None] * lane + more[None, :, None]
        return total + np.array([of(floor) - of(base) for floor in by_banks])[None, None, :]

    start = _period(sizer, base)
    period = (
        start
        + np.array([_period(sizer, f) - start for f in by_pixels])[:, None, None]
        + np.array([_period(sizer, f) - start for f in by_requant])[None, :, None]
        + np.array([_period(sizer, f) - start for f in by_banks])[None, None, :]
    )
    p = base.parameters
    # A row for each R channels of a tile, the last of which may be partly empty.
    filled = -(-lanes // requant_lanes) * requant_lanes - lanes
    rows = p.requant_depth // lanes * filled * p.requant_row_bits
    memory = np.array([f.memory_bits for f in by_banks])[None, None, :] + rows[None, :, None]
    spared = _spared_words(sizer.facts.lowered(lanes), axes)
    memory = memory - 8 * lanes * spared
    program = _PROGRAM * _program(sizer, 1 << (lanes.bit_length() - 1))
    # Blocks depend on M, B and R, of which R may make them fewer: its rows are left out. So may
    # shared sums.
    weights = _blocks(p, "weights", sizer.target)
    most = spared.max(axis=(1, 2)).tolist()
    fewer = np.array(
        [max(0, weights - _blocks(p, "weights", sizer.target, spared=words)) for words in most]
    )
    blocks = np.array([f.estimate.bram for f in by_banks])[None, None, :]
    return _Floors(
        lut=logic("lut").astype(np.float64) + (program - _ROUNDED),
        dsp=logic("dsp"),
        bram=blocks - _blocks(p, "requant", sizer.target) - fewer[:, None, None],
        period=period,
        memory_bits=memory,
        program=program,
    )


def _program(sizer: Sizer, lanes: int) -> int:
    """LUTs that the program of the smallest array with so many channel lanes takes."""
    shape = ArrayShape(tile_rows=1, tile_columns=1, channel_lanes=lanes, requant_lanes=1, banks=1)
    return max(0, sizer.point(shape).estimate.lut - sizer.floor(shape).estimate.lut)


def _blocks(parameters: AcceleratorParameters, image: str, target: Target, spared: int = 0) -> int:
    """Blocks of one memory, with so many rows fewer."""
    return sum(
        memory.count * mapping.units
        for memory in memories(parameters)
        if memory.name == image
        and (
            mapping := map_memory(
                replace(memory, depth=max(2, memory.depth - spared)), target.family
            )
        ).resource
        == "bram"
    )


def _spared_words(lowered: Lowered, axes: Axes) -> Integers:
    """Words of weights that are not needed, since pixel lanes share a sum over the map."""
    sums = {
        item.source.layout.plane_words
        for item in lowered.work
        if isinstance(item, ArrayWork) and item.sums_map
    }
    pixel_lanes = axes.rows * axes.columns
    spared: Integers = np.zeros(axes.shape, np.int64)
    for plane in sums:
        tiles = -(-plane // pixel_lanes)
        spared += np.where(lanes_share(plane, axes, lowered.word_channels), plane - tiles, 0)
    return spared


def _stairs(values: Integers, floor: Callable[[int], Floor]) -> list[Floor]:
    """For each value the floor of the next lower power of two."""
    return [floor(1 << (value.bit_length() - 1)) for value in values.tolist()]


def _period(sizer: Sizer, floor: Floor) -> float:
    """Microseconds of a period."""
    if sizer.frequency is not None:
        return 1 / sizer.frequency
    return 1 / (floor.estimate.fmax or sizer.target.frequency)
