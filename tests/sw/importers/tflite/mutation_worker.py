"""Mutants of TFLite files: damaged bytes, other offsets and lengths, and intact files that lie.

Run as a script: `mutation_worker.py COUNT SEED FILE...`, see the worker of all importers.
"""

from __future__ import annotations

import random
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.sw.importers.mutation_worker import MUTATIONS, main

#: What sizes, indices and settings are replaced with.
INTEGERS = (0, 1, 2, 3, 7, 127, 128, 255, 256, 65535, 1 << 16, 1 << 24, 1 << 30, (1 << 31) - 1)
SIGNED = (*INTEGERS, -1, -2, -128, -(1 << 31))
REALS = (0.0, -1.0, 1e-38, 1e-30, 1e30, 3e38, float("inf"), float("nan"), 2.0**-40)
#: Words at the beginning of a file, most of which are offsets and lengths.
HEAD = 100


def renumber(rng: random.Random, data: bytes) -> bytes:
    """Replace words."""
    result = bytearray(data)
    words = len(data) // 4
    for _ in range(rng.choice((1, 1, 2, 3)) if words else 0):
        at = 4 * rng.randrange(min(words, HEAD) if rng.randrange(2) else words)
        old = int.from_bytes(result[at : at + 4], "little")
        numbers = (*INTEGERS, (1 << 32) - 1, 1 << 31, len(data), old + 4, max(0, old - 4))
        result[at : at + 4] = (rng.choice(numbers) % (1 << 32)).to_bytes(4, "little")
    return bytes(result)


def rewrite(rng: random.Random, data: bytes) -> bytes:
    """Change fields of the model, and write an intact file of it."""
    for _ in range(20):
        try:
            model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
            fields = list(_fields(model))
            for _ in range(rng.choice((1, 1, 2, 3))):
                _change(*rng.choice(fields), rng)
            builder = flatbuffers.Builder(len(data) + 1024)
            builder.Finish(model.Pack(builder), b"TFL3")
            return bytes(builder.Output())
        except (TypeError, ValueError, OverflowError, struct.error, AttributeError, IndexError):
            continue  # damaged before, or the schema's type cannot hold the number
    return data


def _fields(model: Any) -> Iterator[tuple[Any, str]]:
    """All fields of the model that hold numbers."""
    waiting = [model]
    while waiting:
        owner = waiting.pop()
        for name, value in vars(owner).items():
            if hasattr(value, "Pack"):
                waiting.append(value)
            elif isinstance(value, list) and value and hasattr(value[0], "Pack"):
                waiting.extend(value)
            elif isinstance(value, (int, float, list, np.ndarray)):
                yield owner, name


def _change(owner: Any, name: str, rng: random.Random) -> None:
    value = getattr(owner, name)
    if isinstance(value, bool):
        setattr(owner, name, not value)
    elif isinstance(value, (int, float)):
        setattr(owner, name, rng.choice(REALS if isinstance(value, float) else SIGNED))
    elif len(value) == 0 or rng.randrange(4) == 0:
        setattr(owner, name, [*value, 0] if rng.randrange(2) else None)
    else:
        changed = list(value)
        numbers = REALS if np.asarray(value).dtype.kind == "f" else SIGNED
        changed[rng.randrange(len(changed))] = rng.choice(numbers)
        setattr(owner, name, changed)


if __name__ == "__main__":
    kinds = [*MUTATIONS, *[renumber] * 3, *[rewrite] * 6]
    main(int(sys.argv[1]), int(sys.argv[2]), [Path(name) for name in sys.argv[3:]], kinds)
