"""As much of a reader of FST waveforms as tests need."""

import struct
from dataclasses import dataclass
from pathlib import Path

HEADER, HIERARCHY_LZ4 = 0, 6


@dataclass(frozen=True)
class Fst:
    """Time span in units of the precision, and the text of the hierarchy."""

    start: int
    end: int
    variables: int
    hierarchy: bytes


def read_fst(path: Path) -> Fst:
    content = path.read_bytes()
    blocks: dict[int, bytes] = {}
    position = 0
    while position < len(content):
        kind, length = struct.unpack_from(">BQ", content, position)
        blocks[kind] = content[position + 9 : position + 1 + length]
        position += 1 + length
    start, end, _, _, _, variables = struct.unpack_from(">QQdQQQ", blocks[HEADER])
    (size,) = struct.unpack_from(">Q", blocks[HIERARCHY_LZ4])
    hierarchy = lz4_block(blocks[HIERARCHY_LZ4][8:])
    assert len(hierarchy) == size
    return Fst(start, end, variables, hierarchy)


def lz4_block(source: bytes) -> bytes:
    """Decompress an LZ4 block."""
    target = bytearray()
    at = 0

    def length(start: int) -> int:
        nonlocal at
        total = start
        if start == 15:
            while True:
                at += 1
                total += source[at - 1]
                if source[at - 1] != 255:
                    break
        return total

    while True:
        token = source[at]
        at += 1
        literals = length(token >> 4)
        target += source[at : at + literals]
        at += literals
        if at == len(source):
            return bytes(target)
        offset = int.from_bytes(source[at : at + 2], "little")
        at += 2
        for _ in range(length(token & 15) + 4):
            target.append(target[-offset])
