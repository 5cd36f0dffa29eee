"""Changes to bundles that tests make on purpose; the manifest's hashes are made to agree again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.cosim.standin.bundle import Row, StandIn, rehash, write_program


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def edit_vectors(folder: Path, change: Callable[[dict[str, NDArray[Any]]], None]) -> None:
    with np.load(folder / "vectors.npz") as vectors:
        arrays = {name: vectors[name] for name in vectors.files}
    change(arrays)
    np.savez(folder / "vectors.npz", **arrays)
    rehash(folder)


def flip_bit(path: Path, row: int, bit: int) -> None:
    """Flip one bit of one row of a memory image."""
    lines = path.read_text().split()
    lines[row] = f"{int(lines[row], 16) ^ 1 << bit:0{len(lines[row])}x}"
    path.write_text("\n".join(lines) + "\n")
    rehash(path.parent)


def replace_program(folder: Path, standin: StandIn, change: Callable[[list[Row]], None]) -> None:
    """Give the stand-in another program than the one that its manifest describes."""
    change(standin.program)
    write_program(folder, standin.program)
    rehash(folder)
