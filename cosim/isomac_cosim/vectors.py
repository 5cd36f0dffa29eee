"""The test vectors of a bundle, `vectors.npz`: a zip archive of int8 and bool arrays.

Nothing is evaluated, and nothing is allocated before type and shape of an array agree with what
the manifest wants and with the bytes that are there.
"""

import math
import re
import struct
import textwrap
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.errors import CosimError

#: Bytes of all arrays together; they are unpacked to memory when all inputs run.
ARRAYS_BYTES_MAX = 1 << 32

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER_MAX = 512
_HEADER = re.compile(
    rb"\{'descr': '([|<>=][a-z]\d{1,2})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,10}(?:, \d{1,10})*,?)?)\), \} *\n"
)
#: Types as the header spells them.
_KINDS = {"|i1": "int8", "|b1": "bool"}

#: What `zipfile` and `zlib` raise where an archive is damaged: most of it they do not wrap.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
_PIECE = 1 << 20


@dataclass(frozen=True)
class _Header:
    """What the header of an array says, and how many bytes it takes."""

    kind: str
    shape: tuple[int, ...]
    size: int

    def __str__(self) -> str:
        return f"{self.kind} of shape {self.shape}"


class Vectors:
    """The arrays of a file, which is opened again for each access."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(
        self, expected: Mapping[str, tuple[str, tuple[int | None, ...]]], *, thoroughly: bool
    ) -> int:
        """Require arrays of these types and shapes, and return the size that is None in them.

        Parameters
        ----------
        expected: type and shape by name; the size None is the same wherever it occurs.
        thoroughly: unpack everything once, so that no later access can fail.

        Raises
        ------
        CosimError
            With one sentence about the first thing that is wrong.
        """
        count: int | None = None
        total = 0
        with self._archive() as archive:
            for name, (kind, wanted) in expected.items():
                info = self._member(archive, name)
                with archive.open(info) as member:
                    header = self._header(name, member)
                    if count is None and None in wanted and len(header.shape) == len(wanted):
                        count = header.shape[wanted.index(None)]
                    shape = tuple(count or 0 if size is None else size for size in wanted)
                    if (header.kind, header.shape) != (kind, shape):
                        raise CosimError(
                            f"{name!r} in {self._path} must be {kind} of shape {shape}, "
                            f"not {header}."
                        )
                    length = header.size + math.prod(shape)
                    if length != info.file_size:
                        raise CosimError(
                            f"{name!r} in {self._path} must take {length} bytes as {header}, "
                            f"not {info.file_size}."
                        )
                    total += length
                    if total > ARRAYS_BYTES_MAX:
                        raise CosimError(
                            f"The arrays in {self._path} must take at most {ARRAYS_BYTES_MAX} "
                            "bytes together, they take more."
                        )
                    if thoroughly:
                        self._skip(member, math.prod(shape))
        return count or 0

    def rows(self, name: str, start: int = 0, stop: int | None = None) -> NDArray[np.int8]:
        """Rows of an array that was checked; a bool array as 0 and 1 and whatever else is there."""
        with self._archive() as archive, archive.open(self._member(archive, name)) as member:
            count, *row = self._header(name, member).shape
            stop = count if stop is None else min(stop, count)
            start = min(start, stop)
            row_bytes = math.prod(row)
            self._skip(member, start * row_bytes)
            data = member.read((stop - start) * row_bytes)
            return np.frombuffer(data, np.int8).reshape(stop - start, *row).copy()

    @contextmanager
    def _archive(self) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                yield archive
        except CosimError:
            raise
        except _DAMAGE as error:
            reason = textwrap.shorten(str(error), 200) or type(error).__name__
            raise CosimError(f"{self._path} cannot be read: {reason.rstrip('.')}.") from None

    def _member(self, archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
        found = [info for info in archive.infolist() if info.filename == f"{name}.npy"]
        if not found:
            raise CosimError(f"{self._path} has no array {name!r}.")
        (info, *others) = found
        if others:
            raise CosimError(f"{self._path} has two arrays {name!r}.")
        if info.flag_bits & 1:
            raise CosimError(f"{name!r} in {self._path} is encrypted.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CosimError(
                f"{name!r} in {self._path} must be stored or deflated, "
                f"not compressed by method {info.compress_type}."
            )
        return info

    def _header(self, name: str, member: IO[bytes]) -> _Header:
        start = member.read(10)
        length = int.from_bytes(start[8:10], "little")
        whole = start[:8] == _MAGIC and len(start) == 10 and length <= _HEADER_MAX
        match = _HEADER.fullmatch(member.read(length)) if whole else None
        if match is None:
            raise CosimError(f"{name!r} in {self._path} has no header of a .npy file, version 1.0.")
        if match[2] == b"True":
            raise CosimError(f"{name!r} in {self._path} must be in C order.")
        shape = tuple(int(size) for size in match[3].split(b",") if size.strip())
        return _Header(self._kind(match[1].decode("ascii")), shape, 10 + length)

    @staticmethod
    def _kind(description: str) -> str:
        """The name of a type; of one that NumPy does not know, its description."""
        if description in _KINDS:
            return _KINDS[description]
        try:
            return np.dtype(description).name
        except (TypeError, ValueError):
            return description

    def _skip(self, member: IO[bytes], count: int) -> None:
        """Read past `count` bytes; at the end of a member this compares its checksum."""
        while count:
            piece = member.read(min(count, _PIECE))
            if not piece:
                raise EOFError("an array ends too early")
            count -= len(piece)
