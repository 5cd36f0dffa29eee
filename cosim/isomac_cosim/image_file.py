"""A memory image, `*.hex`: one hexadecimal number a line."""

import re
from pathlib import Path

from isomac_cosim.errors import CosimError
from isomac_cosim.manifest import Memory

#: What a line may hold. `$readmemh` would also take addresses, comments and unknown bits.
_ROW = re.compile(rb"[0-9A-Fa-f]+")


def read_rows(path: Path, memory: Memory) -> list[int]:
    """The used rows of an image; all of it is checked, rows beyond its end are 0.

    Raises
    ------
    CosimError
        If the file is larger than its memory can be, a line is no number or does not fit the
        memory's width, or there are more rows than the memory has.
    """
    digits = -(-memory.width // 4)
    # A memory of one row has two in hardware. A line may end with two characters.
    depth = max(2, memory.depth)
    largest = depth * (digits + 2)
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise CosimError(f"{path} is larger than {depth} rows of {memory.width} bits can be.")
    lines = content.split()
    if len(lines) > depth:
        raise CosimError(f"{path} has {len(lines)} rows, its memory has {depth}.")
    for number, line in enumerate(lines, start=1):
        if _ROW.fullmatch(line) is None:
            shown = line[:20].decode("ascii", errors="replace")
            raise CosimError(f"{path} is no memory image: row {number} is {shown!r}.")
        if len(line) > digits or int(line, 16) >> memory.width:
            raise CosimError(f"{path} has rows wider than the {memory.width} bits of its memory.")
    rows = [int(line, 16) for line in lines[: memory.used]]
    return rows + [0] * (memory.used - len(rows))
