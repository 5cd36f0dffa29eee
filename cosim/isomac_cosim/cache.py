"""The cache of built simulators, kept below a size: what was not used for longest goes first.

An entry is a folder named by the hash of what it is made from, with a lock beside it that a build
holds. The time of change of the folder is that of its last use.
"""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Bytes of all entries.
CACHE_BYTES = 2 << 30
#: Seconds for which nothing is removed after its last use: the process may be about to start.
IN_USE_SECONDS = 3600
#: Seconds after which the remains of a build that was killed go, and the logs of failed ones.
REMAINS_SECONDS = 24 * 3600

_ENTRY = re.compile(r"[0-9a-f]{32}")
_REMAINS = ("build-*", "runtime-new-*")


@contextmanager
def entry_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of an entry, so that one process builds while others wait for the result."""
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def mark_used(folder: Path) -> None:
    """Note that an entry is used now."""
    with suppress(OSError):  # a cache of another user can be read all the same
        os.utime(folder)


def prune(root: Path, *, limit: int | None = None) -> None:
    """Remove entries, the least recently used first, until all take `limit` bytes at most.

    Those in use stay, and so does what cannot be removed.
    """
    now = time.time()
    with suppress(OSError):
        _remove_remains(root, now)
    entries = []
    for folder in root.iterdir():
        if _ENTRY.fullmatch(folder.name) and folder.is_dir():
            with suppress(OSError):  # another process may be removing it
                entries.append((folder.stat().st_mtime, _size(folder), folder))
    total = sum(size for _, size, _ in entries)
    for used, size, folder in sorted(entries):
        if total <= (CACHE_BYTES if limit is None else limit) or now - used < IN_USE_SECONDS:
            return
        if _remove(folder):
            total -= size


def _remove_remains(root: Path, now: float) -> None:
    for pattern in _REMAINS:
        for path in root.glob(pattern):
            if now - path.stat().st_mtime > REMAINS_SECONDS:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _remove(folder: Path) -> bool:
    """Remove an entry unless its lock is held; the lock itself stays, for those that wait on it."""
    with folder.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        gone = folder.with_name(f"build-gone-{folder.name}")
        try:
            # One step, so that nobody finds half an entry.
            folder.rename(gone)
        except OSError:
            return False
        shutil.rmtree(gone, ignore_errors=True)
    return True
