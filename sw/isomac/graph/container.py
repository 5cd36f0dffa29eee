"""The container of the `.isomac` format: a zip archive with the same bytes each time."""

import io
import os
import reprlib
import struct
import textwrap
import zipfile
from collections.abc import Mapping
from pathlib import Path

from isomac.errors import IsomacError

#: Largest file that is read.
FILE_MAX = 1 << 30

#: Largest number of members.
MEMBERS_MAX = 1 << 16

#: Every member carries this time, so that the bytes depend on the content only.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)

#: What `zipfile` raises when the archive is damaged: most of these it does not wrap.
_DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
)


def write_members(path: str | os.PathLike[str], members: Mapping[str, bytes]) -> None:
    """Write `members` in their order into a zip archive at `path`.

    Raises
    ------
    IsomacError
        If the file cannot be written.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _TIMESTAMP)
            # Both depend on the platform otherwise.
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    try:
        Path(path).write_bytes(buffer.getvalue())
    except OSError as error:
        raise IsomacError(f"cannot write {os.fspath(path)!r}: {error.strerror}") from error


def read_members(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """Return the members of the zip archive at `path` by name.

    Members are stored and never compressed, so that nothing can be larger than the file itself, and
    the size of the file is checked first.

    Raises
    ------
    IsomacError
        If the file cannot be read or is no archive of this kind.
    """
    where = repr(os.fspath(path))
    try:
        size = Path(path).stat().st_size
        if size > FILE_MAX:
            raise IsomacError(f"{where} has {size} bytes, at most {FILE_MAX} are accepted")
        data = Path(path).read_bytes()
    except OSError as error:
        raise IsomacError(f"cannot read {where}: {error.strerror}") from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_directory(archive, len(data), where)
            return {info.filename: archive.read(info) for info in archive.infolist()}
    except IsomacError:
        raise
    except _DAMAGE as error:
        # The text may quote a damaged name of thousands of characters.
        detail = textwrap.shorten(str(error), 200)
        raise IsomacError(f"{where} is no intact .isomac file: {detail}") from error


def _check_directory(archive: zipfile.ZipFile, size: int, where: str) -> None:
    """Check what the directory of the archive declares, before anything is read."""
    members = archive.infolist()
    if len(members) > MEMBERS_MAX:
        raise IsomacError(f"{where} has {len(members)} members, at most {MEMBERS_MAX} are accepted")
    names: set[str] = set()
    total = 0
    for info in members:
        if info.filename in names:
            raise IsomacError(f"{where} has two members named {reprlib.repr(info.filename)}")
        names.add(info.filename)
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise IsomacError(
                f"{where}: member {reprlib.repr(info.filename)} must be stored uncompressed"
            )
        total += info.file_size
    if total > size:
        raise IsomacError(f"{where} declares members of {total} bytes and has only {size} bytes")
