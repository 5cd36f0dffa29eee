"""`tests/sw/importers/mutation_worker.py` with damage that knows the structure of ONNX."""

import random
import sys
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mutation_worker import MUTATIONS, main

NUMBERS = (
    0,
    1,
    -1,
    2,
    3,
    7,
    255,
    1 << 16,
    1 << 31,
    (1 << 31) - 1,
    1 << 40,
    (1 << 63) - 1,
    -(1 << 63),
)


def change_field(rng: random.Random, data: bytes) -> bytes:
    """Change one field somewhere in the message, or take it out, or double it."""
    try:
        model = onnx.ModelProto.FromString(data)
    except DecodeError:
        return data
    for _ in range(rng.choice((1, 1, 2))):
        message: Any = model
        while True:
            fields = message.ListFields()
            if not fields:
                break
            field, value = rng.choice(fields)
            if field.message_type is None:
                _change(rng, message, field, value)
                break
            if field.is_repeated:
                if rng.random() < 0.15:
                    _rearrange(rng, value)
                    break
                value = rng.choice(value)
            message = value
    return bytes(model.SerializeToString())


def _rearrange(rng: random.Random, values: Any) -> None:
    copies = list(values)
    if rng.random() < 0.5:
        copies.pop(rng.randrange(len(copies)))
    else:
        copies.insert(rng.randrange(len(copies)), rng.choice(copies))
    kept = [type(copy).FromString(copy.SerializeToString()) for copy in copies]
    del values[:]
    values.extend(kept)


def _change(rng: random.Random, message: Any, field: Any, value: Any) -> None:
    if field.is_repeated:
        items = list(value)
        position = rng.randrange(len(items))
        items[position] = _other(rng, field, items[position])
        if rng.random() < 0.2:
            items.pop(position)
        try:
            del value[:]
            value.extend(items)
        except (ValueError, TypeError):
            return
    else:
        try:
            setattr(message, field.name, _other(rng, field, value))
        except (ValueError, TypeError):
            return


def _other(rng: random.Random, field: Any, value: Any) -> Any:
    if isinstance(value, str):
        return rng.choice(
            ("", value[::-1], value + "\n", "x" * 100_000, "Relu", "../../x", value[:-1])
        )
    if isinstance(value, bytes):
        return rng.choice((b"", value[:-1], value * 2, b"\xff" * len(value), bytes(len(value))))
    if isinstance(value, float):
        return rng.choice((0.0, -1.0, float("nan"), float("inf"), 1e38, 1e-38))
    return rng.choice((*NUMBERS, int(value) + 1, int(value) - 1))


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[3:]]
    main(int(sys.argv[1]), int(sys.argv[2]), files, [*MUTATIONS, *[change_field] * 12])
