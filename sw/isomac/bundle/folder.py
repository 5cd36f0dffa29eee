"""Writing a folder whole or not at all."""

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from isomac.errors import IsomacError

#: What co-simulation adds to a bundle; it is about that bundle, and goes with it.
REPORTS = "reports"


@contextmanager
def written_folder(target: Path, marker: str) -> Iterator[Path]:
    """A new folder to write into, which takes the place of `target` when all went well.

    Parameters
    ----------
    target
        Where the folder shall be. One that exists is replaced only if it is empty, or holds
        `marker`, the manifest of a bundle, and besides it only what that lists and reports.

    Raises
    ------
    IsomacError
        If `target` is something else, or cannot be written.
    """
    created: list[Path] = []
    fresh: Path | None = None
    try:
        _check_target(target, marker)
        # What is behind a link is replaced, not the link; and a path such as "." gets a name.
        place = target.resolve()
        created = [path for path in place.parents if not path.exists()]
        place.parent.mkdir(parents=True, exist_ok=True)
        # Its name is known before it is there, so that it goes whenever a signal comes.
        fresh = place.parent / f".{place.name}-{secrets.token_hex(8)}"
        fresh.mkdir(mode=0o700)
        yield fresh
        fresh.chmod(0o755)
        _exchange(fresh, place)
    except BaseException as error:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)
        for path in created:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        if isinstance(error, OSError):
            raise IsomacError(
                f"{target} cannot be written: {error.strerror} ({_nearest(target)})"
            ) from error
        raise


def _check_target(target: Path, marker: str) -> None:
    """Refuse to replace what is not a bundle."""
    if target.exists() and not target.is_dir():
        raise IsomacError(
            f"{target} is a file; the bundle needs a folder, new or of an older bundle"
        )
    if target.is_dir() and any(target.iterdir()) and not _is_bundle(target, marker):
        raise IsomacError(
            f"{target} holds other files; the bundle needs a folder that is new, empty, "
            "or of an older bundle"
        )


def _nearest(path: Path) -> Path:
    """The path itself or the nearest of its parents that is there to be seen."""
    for candidate in (path, *path.parents):
        with suppress(OSError):
            if candidate.exists():
                return candidate
    return path


def _is_bundle(folder: Path, marker: str) -> bool:
    """Whether a folder holds a bundle and nothing that is anybody else's."""
    try:
        manifest = json.loads((folder / marker).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict):
        return False
    return {path.name for path in folder.iterdir()} <= {marker, REPORTS, *files}


def _exchange(fresh: Path, place: Path) -> None:
    """Move a folder to its place; the one that is there goes, unless the new one cannot come."""
    if not place.exists():
        fresh.rename(place)
        return
    old = fresh.with_name(fresh.name + "-old")
    place.rename(old)
    try:
        fresh.rename(place)
    except BaseException:
        old.rename(place)
        raise
    shutil.rmtree(old)


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
