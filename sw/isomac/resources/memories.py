"""The memories of a core: how wide, how deep, and whether they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import numpy as np

from isomac.resources.cores import AnyCores, Number, as_parameters, largest
from isomac_hw.core_memories import Images, memory_targets
from isomac_hw.parameters import AcceleratorParameters


@dataclass(frozen=True)
class Memory:
    """A memory with one read port, and one write port where it is `written`.

    Members
    -------
    name
        `activations`, or that of its image.
    width, depth
        Bits of a row, and rows; arrays where there are many cores.
    written
        Whether there is a write port; without one it is a ROM.
    count
        How many like it there are.
    unread
        Places of bits in the row that nothing reads, (first, behind the last).
    """

    name: str
    width: Number
    depth: Number
    written: bool
    count: Number = 1
    unread: tuple[tuple[int, int], ...] = ()

    def sized(self, width: int, depth: int) -> Memory:
        """One memory of this kind, of that size."""
        return Memory(self.name, width, depth, self.written, 1, self.unread)


def memories(
    parameters: AnyCores, constant_bits: Mapping[str, int] | None = None
) -> Iterator[Memory]:
    """Yield the memories of a core.

    Parameters
    ----------
    parameters
        Of the core.
    constant_bits
        By the name of an image, how many bits of its rows are the same in every row. In a ROM they
        take no memory: see `constant_bits_of`. Without it none is.
    """
    p = parameters
    rows = largest(2, p.activation_depth // p.banks)
    yield Memory("activations", 8 * p.channel_lanes, rows, written=True, count=p.banks)
    written = p.mode == "programmable"
    for target in memory_targets(as_parameters(p)):
        width: Number = target.width - (0 if written else (constant_bits or {}).get(target.name, 0))
        if np.all(width > 0):
            # Each requantization lane looks its bytes up in tables of its own.
            count = p.requant_lanes if target.name == "lookup" else 1
            unread = _unread(p) if target.name == "program" and written else ()
            yield Memory(target.name, width, largest(2, target.depth), written, count, unread)


def _unread(p: AnyCores) -> tuple[tuple[int, int], ...]:
    """Where in a row of the program the fields are that this hardware does not look at."""
    names: set[str] = set()
    if p.softmax is None:
        names |= {"plane_stride", "channels"}
    if not (p.has("add") or p.has("aligned_add")):
        names |= {"zero_point_b", "multiplier_b"}
    if not p.has("aligned_add"):
        names |= {"left_shift", "align_shift", "align_half", "align_half_negative"}
    if not p.has("lookup"):
        names.add("lookup_table")
    if not p.overlap_input:
        names.add("frees_input")
    if p.tile_rows == 1:
        names |= {"address_row", "y_row", "x_row"}
    return tuple(
        (field.offset, field.offset + field.width)
        for field in p.job_layout.fields
        if field.name in names and field.width
    )


def constant_bits_of(parameters: AcceleratorParameters, images: Images) -> dict[str, int]:
    """Return how many bits of the rows of each ROM are constant; none of what is loaded."""
    if parameters.mode == "programmable":
        return {}
    found = {}
    for target in memory_targets(parameters):
        rows: Sequence[int] = getattr(images, target.name)
        constant = _constant(rows, target.width, filled=len(rows) < max(2, target.depth))
        if constant:
            found[target.name] = constant
    return found


def _constant(rows: Iterable[int], width: int, *, filled: bool) -> int:
    """Bits that are the same in all rows; `filled` if rows of zeros follow."""
    values = [*rows, 0] if filled else [*rows]
    return width - (reduce(or_, values) ^ reduce(and_, values)).bit_count()
