"""The search for the shape: few cycles within a budget of multipliers, for little hardware.

Every shape is scored with the exact cycle model. Two bounds keep that short: the arithmetic of
partial tiles, which no choice of requantization lanes or banks can beat, and the shapes scored so
far.

Cycles come first, and the last tenth of a percent of them can cost more hardware than all others
together: twice the banks are twice the block RAMs and more than twice the crossbar. So a shape may
be a little slower than the fastest if that saves enough, see `merit`.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from isomac.compile.cycle_model import departure_cycles, input_cycles
from isomac.compile.geometry import window_columns
from isomac.compile.lowering import Lowered, lower
from isomac.compile.schedule import schedule
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac_hw.input_store import Packing

#: A shape that is slower than the fastest by more than this share is not taken, whatever it saves.
SLOWER_MAX = 1 / 200
#: What hardware is worth: a shape with half of it may take 0.35 % more cycles, 2 ** (1 / 200). Much
#: more, and the suite's limits on cycles cannot be kept; much less, and banks cost nothing.
HARDWARE_WORTH = 1 / 200
#: Multiplexers of a bit, or their like, that count as much as one multiplier of the array with its
#: accumulator.
MULTIPLEXERS = 64
#: Bits that one block RAM reads in a cycle, at most; a block counts as one multiplier.
BLOCK_RAM_BITS = 72
#: Banks and requantization lanes tried.
BANKS = (1, 2, 4, 8, 16)
#: Largest array that is generated. The largest search takes less than a minute up to here, and the
#: Verilog stays within what simulators and synthesis take.
MULTIPLIERS_MAX = 4096


@dataclass(frozen=True)
class Constraints:
    """What the user says about the shape; the rest is searched.

    Parameters
    ----------
    multipliers
        Most multipliers of the array, P * M.
    tile
        Rows and columns of the pixel lanes.
    channel_lanes, requant_lanes, banks
        M, R, B.

    Raises
    ------
    IsomacError
        If a number is out of range, or the requantization lanes exceed the channel lanes.
    """

    multipliers: int = 64
    tile: tuple[int, int] | None = None
    channel_lanes: int | None = None
    requant_lanes: int | None = None
    banks: int | None = None

    def __post_init__(self) -> None:
        if self.multipliers < 1:
            raise IsomacError(f"the budget must be at least 1 multiplier, not {self.multipliers}")
        rows, columns = self.tile or (1, 1)
        requant_lanes = 1 if self.requant_lanes is None else self.requant_lanes
        # What is left to the search takes any value here that agrees with the rest.
        any_lanes = max(1, requant_lanes)
        ArrayShape(
            tile_rows=rows,
            tile_columns=columns,
            channel_lanes=any_lanes if self.channel_lanes is None else self.channel_lanes,
            requant_lanes=requant_lanes,
            banks=1 if self.banks is None else self.banks,
        )


@dataclass(frozen=True)
class Choice:
    """A shape and how it compares.

    Members
    -------
    shape, cycles
        The one chosen, and the cycles of an inference.
    bound
        Cycles of the best shape's multipliers if nothing but partial tiles cost anything.
    runner_up, runner_up_cycles
        The best of those with another P x M that were tried, None if there is no other.
    candidates
        Number of shapes within the budget.
    """

    shape: ArrayShape
    cycles: int
    bound: int
    runner_up: ArrayShape | None
    runner_up_cycles: int | None
    candidates: int


def choose_shape(graph: Graph, constraints: Constraints) -> Choice:
    """The best shape for a graph.

    Raises
    ------
    IsomacError
        If no shape is within the constraints.
    """
    lower_once = cache(lambda lanes: lower(graph, lanes))
    tiles = list(arrays(lower_once(1), constraints))
    if not tiles:
        raise IsomacError(
            f"no array is within {constraints.multipliers} multipliers and what was asked for"
        )
    ranked = sorted(
        (
            arithmetic_bound(_array_work(lower_once(lanes)), rows, columns, lanes),
            rows,
            columns,
            lanes,
        )
        for rows, columns, lanes in tiles
    )
    scored, rejected = _score(ranked, lower_once, constraints)
    limit = min(cycles for cycles, _ in scored) * (1 + SLOWER_MAX)
    cycles, shape = min(
        ((cycles, shape) for cycles, shape in scored if cycles <= limit),
        key=lambda item: (merit(*item), item),
    )
    others = [item for item in scored + rejected if _array(item[1]) != _array(shape)]
    runner_up = min(others)[1] if others else None
    work = _array_work(lower_once(shape.channel_lanes))
    return Choice(
        shape=shape,
        cycles=cycles,
        bound=arithmetic_bound(work, *_array(shape)),
        runner_up=runner_up,
        runner_up_cycles=None
        if runner_up is None
        else shape_cycles(lower_once(runner_up.channel_lanes), runner_up),
        candidates=sum(
            len(list(variants(rows, columns, lanes, constraints))) for rows, columns, lanes in tiles
        ),
    )


Scored = list[tuple[int, ArrayShape]]


def _score(
    ranked: list[tuple[int, int, int, int]],
    lower_once: Callable[[int], Lowered],
    constraints: Constraints,
) -> tuple[Scored, Scored]:
    """Exact cycles of all shapes that may be chosen, and lower bounds for the best of the others.

    `ranked` are arrays behind their arithmetic bounds, ascending. With every launch as early as can
    be, more requantization lanes and more banks never cost cycles: an array whose richest variant
    is too slow even so is out, and so is each other variant.
    """
    scored: Scored = []
    rejected: Scored = []
    best = math.inf

    def add(shape: ArrayShape) -> bool:
        """Score a shape; False if it is out."""
        nonlocal best
        lowered = lower_once(shape.channel_lanes)
        cycles = shape_cycles(lowered, shape, exact=False)
        if cycles > best * (1 + SLOWER_MAX):
            rejected.append((cycles, shape))
            return False
        cycles = shape_cycles(lowered, shape)
        scored.append((cycles, shape))
        best = min(best, cycles)
        return True

    for index, (bound, rows, columns, lanes) in enumerate(ranked):
        # Two arrays are tried in any case, so that there is a runner-up.
        if bound > best * (1 + SLOWER_MAX) and index > 1:
            break
        *others, richest = variants(rows, columns, lanes, constraints)
        if add(richest):
            for shape in others:
                add(shape)
    return scored, rejected


def _array(shape: ArrayShape) -> tuple[int, int, int]:
    """Tile rows, tile columns and M."""
    return shape.tile_rows, shape.tile_columns, shape.channel_lanes


def merit(cycles: int, shape: ArrayShape) -> float:
    """What the best shape has least of: the logarithm of cycles * hardware ** HARDWARE_WORTH."""
    return math.log(max(1, cycles)) + HARDWARE_WORTH * math.log(hardware(shape))


def hardware(shape: ArrayShape) -> float:
    """What a shape costs, in multipliers of the array."""
    stages = shape.banks.bit_length() - 1
    return hardware_of(
        shape.multipliers, shape.channel_lanes, shape.requant_lanes, shape.banks, stages
    )


def hardware_of(
    multipliers: Any, channel_lanes: Any, requant_lanes: Any, banks: Any, stages: Any
) -> Any:
    """What `hardware` says, of numbers or of arrays; `stages` is the logarithm of the banks."""
    word_bits = 8 * channel_lanes
    # B words turn by any number of places: a multiplexer for each bit and stage.
    crossbar = banks * word_bits * stages / MULTIPLEXERS
    block_rams = banks * -(-word_bits // BLOCK_RAM_BITS)
    # A requantizer's wide multiplier takes about four of the array's.
    return multipliers + 4 * requant_lanes + crossbar + block_rams


def _array_work(lowered: Lowered) -> list[ArrayWork]:
    return [work for work in lowered.work if isinstance(work, ArrayWork)]


def arrays(lowered: Lowered, constraints: Constraints) -> Iterator[tuple[int, int, int]]:
    """All (tile rows, tile columns, M) within the budget that some layer can fill."""
    work = _array_work(lowered)
    highest = max((item.output_size[0] for item in work), default=1)
    widest = max((_fillable_columns(item) for item in work), default=1)
    most_channels = max(
        (max(item.destination.layout.channels, item.source.layout.channels) for item in work),
        default=1,
    )
    budget = constraints.multipliers
    if constraints.tile is not None:
        pixel_tiles = [constraints.tile]
    else:
        pixel_tiles = [
            (rows, columns)
            for rows in range(1, min(highest, budget) + 1)
            for columns in range(1, min(widest, budget // rows) + 1)
        ]
    # Fewer channel lanes than the requantization lanes that were asked for make no shape.
    least_lanes = constraints.requant_lanes or 1
    lanes = (
        range(least_lanes, min(max(most_channels, least_lanes), budget) + 1)
        if constraints.channel_lanes is None
        else [constraints.channel_lanes]
    )
    explicit = constraints.tile is not None and constraints.channel_lanes is not None
    for rows, columns in pixel_tiles:
        for channel_lanes in lanes:
            if explicit or rows * columns * channel_lanes <= budget:
                yield rows, columns, channel_lanes


def _fillable_columns(work: ArrayWork) -> int:
    """Tile columns that the work can fill: a line of outputs, or of all pixels of the map."""
    if work.sums_map:
        return work.source.layout.plane_words
    return work.output_size[1] * (work.output_size[0] if work.pointwise else 1)


def variants(rows: int, columns: int, lanes: int, constraints: Constraints) -> Iterator[ArrayShape]:
    """Shapes of one array with the requantization lanes and banks to try, the richest last."""
    for requant_lanes in requant_choices(lanes, constraints):
        for banks in BANKS if constraints.banks is None else (constraints.banks,):
            yield ArrayShape(
                tile_rows=rows,
                tile_columns=columns,
                channel_lanes=lanes,
                requant_lanes=requant_lanes,
                banks=banks,
            )


def requant_choices(lanes: int, constraints: Constraints) -> list[int]:
    """Return the requantization lanes to try for so many channel lanes, ascending."""
    if constraints.requant_lanes is not None:
        return [constraints.requant_lanes]
    # One R for each number of drain steps: more lanes than those need would idle.
    steps = sorted({-(-lanes // r) for r in range(1, lanes + 1)}, reverse=True)
    return [-(-lanes // step) for step in steps]


def arithmetic_bound(work: list[ArrayWork], rows: int, columns: int, lanes: int) -> int:
    """Cycles of all array work if nothing but partial tiles cost anything."""
    total = 0
    for item in work:
        height, width = item.output_size
        if item.pointwise:
            pixel_tiles = -(-height * width // (rows * columns))
        else:
            pixel_tiles = -(-height // rows) * -(-width // columns)
        tiles = pixel_tiles * item.channel_tiles
        reduction = item.kernel[0] * item.kernel[1]
        if item.sums_map:
            reduction = -(-reduction // (rows * columns))
        if item.dense:
            reduction *= (item.blocks - 1) * lanes + item.last_byte - item.first_byte + 1
        total += tiles * reduction
    return total


def shape_cycles(lowered: Lowered, shape: ArrayShape, *, exact: bool = True) -> int:
    """Cycles of an inference, but for softmax, which no shape changes.

    Not `exact` is a lower bound that takes less time, see `isomac.compile.schedule.schedule`.
    """
    total = sum(
        input_cycles(
            Packing(shape.channel_lanes, shape.banks, view.layout.packed_channels),
            view.layout.words,
            first=index == 0,
        )
        for index, view in enumerate(lowered.inputs)
    )
    total += departure_cycles([view.layout.words for view in lowered.outputs])
    window = window_columns(_array_work(lowered), shape)
    jobs = schedule(lowered.work, shape, window, None, earliest=not exact)
    return total + sum(job.cycles for job in jobs)
