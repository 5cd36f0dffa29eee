"""Writing a folder whole or not at all."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isomac.errors import IsomacError


@contextmanager
def written_folder(target: Path, marker: str) -> Iterator[Path]:
    """A new folder to write into, which takes the place of `target` when all went well.

    Parameters
    ----------
    target
        Where the folder shall be. One that exists is replaced only if it is empty or holds
        `marker`, the file by which a bundle is known.

    Raises
    ------
    IsomacError
        If `target` is something else, or cannot be written.
    """
    if target.exists() and not target.is_dir():
        raise IsomacError(
            f"{target} is a file; the bundle needs a folder, new or of an older bundle"
        )
    if target.is_dir() and any(target.iterdir()) and not (target / marker).is_file():
        raise IsomacError(
            f"{target} holds other files; the bundle needs a folder that is new, empty, "
            "or of an older bundle"
        )
    missing = next((path for path in (target, *target.parents) if path.exists()), None)
    created = [path for path in (target.parent, *target.parent.parents) if not path.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise IsomacError(f"{target} cannot be written: {error.strerror} ({missing})") from None
    try:
        yield fresh
        fresh.chmod(0o755)
        if target.exists():
            old = fresh.with_name(fresh.name + "-old")
            target.rename(old)
            fresh.rename(target)
            shutil.rmtree(old)
        else:
            fresh.rename(target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        for path in created:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        raise


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
