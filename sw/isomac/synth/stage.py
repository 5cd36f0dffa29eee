"""A step of a run whose files are kept, and not made again from the same inputs."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from isomac.bundle.folder import sha256


@dataclass(frozen=True)
class Stage:
    """A finished step.

    Members
    -------
    key
        Stands for the inputs, and by that for the files.
    seconds
        That it took when it was done.
    again
        Whether it was found done.
    """

    key: str
    seconds: float
    again: bool


def run_stage(
    folder: Path,
    name: str,
    inputs: Mapping[str, str],
    outputs: Sequence[str],
    work: Callable[[], None],
) -> Stage:
    """Do `work`, unless it was done in this folder with the same inputs and its files are unharmed.

    Parameters
    ----------
    folder, name
        Where the record of the stage is kept, as `name.stage.json`.
    inputs
        Everything that decides what the files contain.
    outputs
        Names of the files that `work` writes.
    """
    key = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    record = folder / f"{name}.stage.json"
    seconds = _finished(folder, record, key, outputs)
    if seconds is not None:
        return Stage(key, seconds, again=True)
    record.unlink(missing_ok=True)
    begin = time.perf_counter()
    work()
    seconds = round(time.perf_counter() - begin, 1)
    data = {
        "key": key,
        "seconds": seconds,
        "files": {output: sha256(folder / output) for output in outputs},
    }
    record.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return Stage(key, seconds, again=False)


def _finished(folder: Path, record: Path, key: str, outputs: Sequence[str]) -> float | None:
    """The seconds that a stage took, None if it has to be done."""
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
        if data["key"] != key or {*data["files"]} != {*outputs}:
            return None
        if any(sha256(folder / name) != digest for name, digest in data["files"].items()):
            return None
        return float(data["seconds"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
