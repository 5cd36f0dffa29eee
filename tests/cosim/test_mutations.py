"""Hundreds of mutated bundles: each is proved, found different where it is, or refused."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isomac_cosim import build
from isomac_cosim.bundle import open_bundle
from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.errors import CosimError
from tests.cosim.standin.bundle import StandIn, rehash

#: What stands in the place of a value, besides values near it and those of other places.
ODD = [
    None, True, False, 0, 1, -1, -5, 2, 7, 255, 4096, 1 << 24, 1 << 31, 1 << 32, 1 << 63, 1 << 64,
    10**400, 0.5, -0.0, 1e308, float("inf"), float("-inf"), float("nan"), [], [[]], [None], {},
    {"": 0}, [0] * 1000, "", "1", "x", "../x", "/", "\0", "\ud800", "\x1b]0;x\x07", "a" * 100_000,
    "reports", "manifest.json", "vectors.npz", "program.hex", "accelerator.v", "fixed",
    "programmable",
]  # fmt: skip


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values of a JSON document."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in children:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def mutate_manifest(manifest: Any, source: random.Random) -> None:
    for _ in range(source.choice((1, 1, 1, 2, 5))):
        *path, key = source.choice(list(places(manifest)))
        parent = manifest
        for step in path:
            parent = parent[step]
        kind = source.randrange(8)
        if kind == 0:
            del parent[key]
        elif kind == 1 and isinstance(parent, list):
            parent.append(parent[key])
        elif kind in (2, 3) and type(parent[key]) is int:
            parent[key] += source.choice((-1, 1, 2, 100))
        elif kind == 4 and path:
            *other, last = source.choice(list(places(manifest)))
            node = manifest
            for step in other:
                node = node[step]
            parent[key] = json.loads(json.dumps(node[last]))
        else:
            parent[key] = source.choice(ODD)


def mutate_bytes(content: bytes, source: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(source.choice((1, 1, 3, 20))):
        place = source.randrange(len(data) + 1)
        kind = source.randrange(5)
        if kind == 0:
            data[place : place + 1] = b""
        elif kind == 1:
            data[place:place] = bytes([source.randrange(256)])
        elif kind == 2:
            data = data[:place] if source.random() < 0.3 else data
        elif place < len(data):
            data[place] = data[place] ^ 1 << source.randrange(8)
    return bytes(data)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = StandIn(inputs=2).write(tmp_path_factory.mktemp("original") / "bundle")
    assert cosimulate(folder, progress=False).bit_exact
    return folder


@pytest.fixture(autouse=True)
def no_other_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes of the Verilog end before the C++ compiler, which would take long."""

    def refuse(*arguments: object) -> Path:
        raise CosimError("Another simulator is not built here.")

    monkeypatch.setattr(build, "_build", refuse)


def outcome(folder: Path, simulate: bool) -> str:
    """What becomes of a bundle; any other exception is a failure of the test.

    Most mutations end when the bundle is opened. Of the others, which take a process each, those
    that `simulate` are run.
    """
    try:
        open_bundle(folder)
        if not simulate:
            return "opened"
        report = cosimulate(folder, progress=False)
    except CosimError:
        return "refused"
    return "equal" if report.bit_exact and report.cycles_exact else "different"


@pytest.mark.parametrize("seed", range(8))
def test_mutated_manifest(original: Path, tmp_path: Path, seed: int) -> None:
    source = random.Random(f"manifest {seed}")
    text = (original / "manifest.json").read_text()
    outcomes = []
    for index in range(60):
        folder = Path(shutil.copytree(original, tmp_path / str(index)))
        if index % 4:
            manifest = json.loads(text)
            mutate_manifest(manifest, source)
            (folder / "manifest.json").write_text(json.dumps(manifest))
        else:
            (folder / "manifest.json").write_bytes(mutate_bytes(text.encode(), source))
        outcomes.append(outcome(folder, simulate=index % 5 == 0))
    assert outcomes.count("refused") > 20


@pytest.mark.parametrize("name", ["vectors.npz", "weights.hex", "program.hex", "accelerator.v"])
def test_mutated_file(original: Path, tmp_path: Path, name: str) -> None:
    source = random.Random(name)
    content = (original / name).read_bytes()
    for index in range(60):
        folder = Path(shutil.copytree(original, tmp_path / str(index)))
        mutated = mutate_bytes(content, source)
        (folder / name).write_bytes(mutated)
        if mutated != content:
            assert outcome(folder, simulate=False) == "refused"  # by its hash
        rehash(folder)
        outcome(folder, simulate=index % 5 == 0)
