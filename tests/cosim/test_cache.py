"""The cache of simulators stays below a size, and nothing goes that is in use."""

import os
import time
from pathlib import Path

import pytest

from isomac_cosim import build, cache
from isomac_cosim.build import build_simulator
from isomac_cosim.bundle import open_bundle
from isomac_cosim.cache import IN_USE_SECONDS, REMAINS_SECONDS, entry_lock, mark_used, prune
from tests.cosim.standin.bundle import StandIn

NOW = time.time()


def entry(root: Path, number: int, hours: float, size: int = 100) -> Path:
    """A simulator that was used some hours ago."""
    folder = root / f"{number:032x}"
    folder.mkdir()
    (folder / "accelerator").write_bytes(b"0" * size)
    os.utime(folder, (NOW, NOW - 3600 * hours))
    return folder


def left(root: Path) -> list[int]:
    return sorted(int(path.name, 16) for path in root.iterdir() if len(path.name) == 32)


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    for number, hours in ((1, 5), (2, 9), (3, 2), (4, 7)):
        entry(tmp_path, number, hours)
    prune(tmp_path, limit=400)
    assert left(tmp_path) == [1, 2, 3, 4]
    prune(tmp_path, limit=399)
    assert left(tmp_path) == [1, 3, 4]
    prune(tmp_path, limit=150)
    assert left(tmp_path) == [3]
    prune(tmp_path, limit=0)
    assert left(tmp_path) == []


def test_what_is_in_use_stays(tmp_path: Path) -> None:
    recent = entry(tmp_path, 1, IN_USE_SECONDS / 3600 / 2)
    locked, other = entry(tmp_path, 2, 9), entry(tmp_path, 3, 8)
    used = entry(tmp_path, 4, 10)
    mark_used(used)
    with entry_lock(locked):
        prune(tmp_path, limit=0)
    assert left(tmp_path) == [1, 2, 4]
    assert recent.is_dir()
    assert not other.exists()


def test_remains_of_builds(tmp_path: Path) -> None:
    for name in ("build-abc", "runtime-new-abc", "runtime-0123456789abcdef"):
        for age, suffix in ((2 * REMAINS_SECONDS, "old"), (60, "new")):
            folder = tmp_path / f"{name}{suffix}"
            folder.mkdir()
            (folder / "file").touch()
            os.utime(folder, (NOW, NOW - age))
    log = tmp_path / "build-abc.log"
    log.touch()
    os.utime(log, (NOW, NOW - 2 * REMAINS_SECONDS))
    prune(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "build-abcnew",
        "runtime-0123456789abcdefnew",
        "runtime-0123456789abcdefold",
        "runtime-new-abcnew",
    ]


def test_a_build_prunes_and_a_use_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(bundle: object, work: Path, *_: object) -> Path:
        (work / "accelerator").write_bytes(b"0" * 100)
        return work / "accelerator"

    monkeypatch.setattr(build, "_build", fake)
    monkeypatch.setattr(cache, "CACHE_BYTES", 150)
    bundle = open_bundle(StandIn().write(tmp_path / "bundle"))
    root = tmp_path / "cache"
    root.mkdir()
    entry(root, 1, 9)
    executable = build_simulator(bundle, build_root=root)
    assert executable.is_file()
    assert 1 not in left(root)
    os.utime(executable.parent, (0, 0))
    assert build_simulator(bundle, build_root=root) == executable
    assert executable.parent.stat().st_mtime > NOW - 10
