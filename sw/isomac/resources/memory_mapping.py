"""Which block RAM, LUT RAM or logic a memory becomes: the rules of yosys' pass memory_libmap.

The pass prices every kind of memory that the family has, in every shape, and the same memory made
of logic, and takes the cheapest. Its prices are whole numbers where it compares them. All memories
here have at most one write port with one enable, and one read port that is no slave of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import ceil

from isomac.resources.memories import Memory

#: Prices of a bit that is multiplexed behind the memory, of an enable that is decoded in front of
#: it, and of a read port that stands alone.
_MULTIPLEXER, _DECODER, _OWN_PORT = 0.5, 0.5, 2
#: Prices of a bit of logic where a memory is written, and where it is not.
_LOGIC_WRITTEN, _LOGIC_ROM = 1.0, 1 / 16
#: The same, where LUTs have six inputs.
_LOGIC_ROM_LUT6 = 1 / 64


@dataclass(frozen=True)
class RamKind:
    """A kind of memory that a family has.

    Members
    -------
    resource
        `bram`, or `lut` for LUT RAM.
    units
        Of that resource in one of them; LUTs for LUT RAM.
    address_bits
        Of the narrowest shape.
    widths
        Bits of a row, each twice as many rows as the next.
    price
        In the pass's own currency; `shared` is the part that counts by the bits used.
    byte
        Bits that one write enable covers; 0 where it covers the whole row.
    readable_only
        Whether a ROM may be made of it.
    """

    resource: str
    units: int
    address_bits: int
    widths: tuple[int, ...]
    price: int
    shared: int = 0
    byte: int = 0
    readable_only: bool = True


@dataclass(frozen=True)
class Mapping:
    """What a memory becomes.

    Members
    -------
    resource
        `bram`, `lut` for LUT RAM, or `logic`.
    units
        Blocks, or LUTs of LUT RAM; 0 for logic.
    multiplexed
        How many memories one behind the other make the depth.
    """

    resource: str
    units: int
    multiplexed: int


def _block(address_bits: int, widths: tuple[int, ...], price: int, units: int = 1) -> RamKind:
    return RamKind("bram", units, address_bits, widths, price, byte=9)


_NARROW, _WIDE = (1, 2, 4, 9, 18), (1, 2, 4, 9, 18, 36)
#: Kinds by family, in the order in which the pass looks at them.
KINDS: dict[str, tuple[RamKind, ...]] = {
    "ecp5": (
        RamKind("lut", 4, 4, (4,), 4, readable_only=False),
        _block(14, _NARROW, 128),
        _block(14, _WIDE, 128),
    ),
    "gowin": (
        RamKind("lut", 4, 4, (4,), 4, shared=4, readable_only=False),
        _block(14, _NARROW, 128),
        _block(14, _WIDE, 128),
    ),
    "ice40": (RamKind("bram", 1, 11, (2, 4, 8, 16), 64, byte=1),),
    "xc7": (
        RamKind("lut", 4, 5, (6,), 8, shared=7, readable_only=False),
        RamKind("lut", 4, 6, (3,), 8, shared=7, readable_only=False),
        _block(14, _NARROW, 129),
        _block(15, _WIDE, 257, units=2),
        _block(14, _WIDE, 129),
        _block(15, (*_WIDE, 72), 257, units=2),
    ),
}


@cache
def map_memory(memory: Memory, family: str) -> Mapping:
    """Return what one memory becomes in a family."""
    rom_price = _LOGIC_ROM_LUT6 if family == "xc7" else _LOGIC_ROM
    bits = memory.width * memory.depth
    best = int(bits * (_LOGIC_WRITTEN if memory.written else rom_price))
    chosen = Mapping("logic", 0, 1)
    # The cheapest of the LUT RAMs, and of the blocks; of these the cheaper, if it is below logic.
    for resource in ("lut", "bram"):
        options = [
            _cheapest(memory, kind)
            for kind in KINDS[family]
            if kind.resource == resource and (memory.written or kind.readable_only)
        ]
        if options:
            price, mapping = min(options, key=lambda option: option[0])
            if price < best:
                best, chosen = int(price), mapping
    return chosen


def _cheapest(memory: Memory, kind: RamKind) -> tuple[float, Mapping]:
    """The price of a memory made of one kind, in its cheapest shape, and what it takes then."""
    best, found = None, None
    for price, mapping in _shapes(memory, kind):
        # What is compared with is a whole number, what is compared is not.
        if best is None or price < int(best):
            best, found = price, mapping
    assert best is not None
    assert found is not None
    return best, found


def _shapes(memory: Memory, kind: RamKind) -> Iterator[tuple[float, Mapping]]:
    for index, width in enumerate(kind.widths):
        piece = 1 if not memory.written else min(kind.byte or width, width)
        row = ceil(memory.width / piece) * piece
        deep = ceil(memory.depth / (1 << (kind.address_bits - index)))
        blocks = ceil(deep * row / width)
        price = (kind.price - kind.shared) * blocks + kind.shared * deep * memory.width / width
        price += _MULTIPLEXER * (deep - 1) * memory.width
        price += _DECODER * deep if memory.written and deep > 1 else 0
        # What nothing reads is taken away afterwards.
        read = len(_read_blocks(memory, row, deep, width)) if memory.unread else blocks
        yield price + _OWN_PORT, Mapping(kind.resource, read * kind.units, deep)


def _read_blocks(memory: Memory, row: int, deep: int, width: int) -> set[int]:
    """The blocks that hold a bit that is read; rows lie in them one behind the other."""
    read = [
        bit
        for bit in range(memory.width)
        if not any(first <= bit < last for first, last in memory.unread)
    ]
    return {(place * row + bit) // width for place in range(deep) for bit in read}
