"""Damages model files at random and imports them, in a process with little memory.

Run as a script: `mutation_worker.py COUNT SEED FILE...`. Prints a line of JSON for each mutant that
is neither imported nor refused with one sentence in time, and a last one with the counts.
"""

import json
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from isomac.errors import IsomacError
from isomac.importers import import_model

SECONDS = 5
MEMORY = 1 << 30

Mutation = Callable[[random.Random, bytes], bytes]


def truncate(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def flip_bits(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def overwrite(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    start = rng.randrange(len(out))
    size = rng.choice((1, 2, 4, 8))
    filler = rng.choice((b"\xff", b"\x00", b"\x7f", b"\x80"))
    out[start : start + size] = filler * size
    return bytes(out)


def cut(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randrange(1, 64) :]


def repeat(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    part = data[start : start + rng.randrange(1, 256)]
    return data[:start] + part * rng.randrange(1, 4) + data[start:]


def noise(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(16)] + rng.randbytes(rng.randrange(256))


MUTATIONS: list[Mutation] = [
    truncate,
    flip_bits,
    flip_bits,
    overwrite,
    overwrite,
    cut,
    repeat,
    noise,
]


class TooSlow(BaseException):
    """A mutant took too long."""


def _stop(*_: object) -> None:
    raise TooSlow


def limit_memory() -> None:
    """Leave this process `MEMORY` bytes more than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def outcome(path: Path) -> str:
    """Import one file; return what happened, "imported" and "refused" are in order."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        import_model(path)
    except IsomacError as error:
        text = str(error)
        return "refused" if len(text.splitlines()) == 1 and len(text) < 2000 else f"text {text!r}"
    except TooSlow:
        return f"too slow: {traceback.format_exc()[-800:]}"
    except Exception:  # noqa: BLE001 - whatever it is, it is a finding
        return traceback.format_exc()[-800:]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "imported"


def report(content: dict[str, object]) -> None:
    """Print a line of JSON."""
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def main(count: int, seed: int, files: list[Path], mutations: list[Mutation]) -> None:
    """Import `count` mutants of `files`."""
    rng = random.Random(seed)
    originals = [path.read_bytes() for path in files]
    for path in files:
        assert outcome(path) == "imported", path
    limit_memory()
    signal.signal(signal.SIGALRM, _stop)
    counts: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            index = rng.randrange(len(files))
            data = originals[index]
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                data = rng.choice(mutations)(rng, data) or b"\x00"
            path = Path(folder) / f"mutant{files[index].suffix}"
            path.write_bytes(data)
            start = time.monotonic()
            found = outcome(path)
            slowest = max(slowest, time.monotonic() - start)
            kind = found if found in ("imported", "refused") else "failed"
            counts[kind] += 1
            if kind == "failed":
                kept = Path(tempfile.gettempdir()) / f"mutant-{seed}-{number}{files[index].suffix}"
                kept.write_bytes(data)
                report({"file": str(kept), "failure": found})
    report({**counts, "slowest": slowest})


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), [Path(name) for name in sys.argv[3:]], MUTATIONS)
