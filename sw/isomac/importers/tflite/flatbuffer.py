"""Whether a flatbuffer is intact: every offset and length is checked before anything is read.

The generated classes of a schema trust the file: they follow offsets and believe lengths. What
they will read is walked here first, with the layout of the tables in hand. The walk goes no deeper
than the layout does, and looks at each table once.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")


class DamagedError(Exception):
    """An offset or a length leads out of the file, or there is more of something than accepted."""


class BeyondError(DamagedError):
    """A part of a file is larger than what is accepted."""


@dataclass(frozen=True)
class Scalar:
    """A number inside of its table, of so many bytes."""

    size: int


@dataclass(frozen=True)
class Vector:
    """A vector of numbers of `size` bytes each, at most `limit`; a string has bytes of size 1."""

    size: int
    limit: int


@dataclass(frozen=True, eq=False)
class Table:
    """A table: what stands in which slot, and how messages call it. Other slots are not read."""

    name: str
    slots: Mapping[int, Scalar | Vector | Table | Tables] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Tables:
    """A vector of at most `limit` tables."""

    table: Table
    limit: int


class Verifier:
    """Walks a flatbuffer.

    Parameters
    ----------
    data
        The file.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._seen: set[tuple[int, int]] = set()

    def check(self, root: Table) -> None:
        """Require the table that the file begins with, and all below it, to be intact.

        Raises
        ------
        DamagedError
            With a phrase that says what is wrong.
        """
        self.table(self._follow(0, f"its {root.name}"), root)

    def table(self, position: int, table: Table) -> None:
        """Require one table, and all below it, to be intact."""
        if (position, id(table)) in self._seen:
            return
        self._seen.add((position, id(table)))
        offsets, size = self._layout(position, table.name)
        for slot, kind in table.slots.items():
            offset = offsets[slot] if slot < len(offsets) else 0
            if offset == 0:
                continue
            width = kind.size if isinstance(kind, Scalar) else 4
            if offset < 4 or offset + width > size:
                raise DamagedError(f"field {slot} of its {table.name} lies outside of the table")
            if not isinstance(kind, Scalar):
                self._below(position + offset, kind, f"field {slot} of its {table.name}")

    def _below(self, position: int, kind: Vector | Table | Tables, what: str) -> None:
        target = self._follow(position, what)
        if isinstance(kind, Table):
            self.table(target, kind)
            return
        (length,) = self._read(_U32, target, what)
        if length > kind.limit:
            raise BeyondError(f"{what} holds {length} entries, at most {kind.limit} are accepted")
        size = kind.size if isinstance(kind, Vector) else 4
        if target + 4 + length * size > len(self._data):
            raise DamagedError(f"{what} holds {length} entries, which reach beyond the end")
        if isinstance(kind, Tables):
            for index in range(length):
                entry = self._follow(target + 4 + 4 * index, what)
                self.table(entry, kind.table)

    def _layout(self, position: int, name: str) -> tuple[tuple[int, ...], int]:
        """Return where the slots of a table are, from its beginning, and how long it is."""
        (back,) = self._read(_I32, position, f"its {name}")
        start = position - back
        (length,) = self._read(_U16, start, f"its {name}")
        (size,) = self._read(_U16, start + 2, f"its {name}")
        if length < 4 or length % 2 or start + length > len(self._data):
            raise DamagedError(f"the layout of its {name} is damaged")
        if size < 4 or position + size > len(self._data):
            raise DamagedError(f"its {name} reaches beyond the end")
        return struct.unpack_from(f"<{(length - 4) // 2}H", self._data, start + 4), size

    def _follow(self, position: int, what: str) -> int:
        (offset,) = self._read(_U32, position, what)
        if offset == 0 or position + offset + 4 > len(self._data):
            raise DamagedError(f"the offset of {what} leads beyond the end")
        return position + int(offset)

    def _read(self, kind: struct.Struct, position: int, what: str) -> tuple[int, ...]:
        if position < 0 or position + kind.size > len(self._data):
            raise DamagedError(f"{what} lies outside of the file")
        return kind.unpack_from(self._data, position)
