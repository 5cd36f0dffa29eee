"""Memory images in the run folder, and the words that carry them through the load port."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.bundle import Bundle
from isomac_cosim.errors import CosimError
from isomac_cosim.image_file import read_rows
from isomac_cosim.manifest import Manifest


def load_stream(folder: Path, manifest: Manifest) -> NDArray[np.uint32]:
    """All packets that fill the memories of a programmable core, uint32 (n,).

    Raises
    ------
    CosimError
        If no memory can be loaded.
    """
    packets = []
    for memory in manifest.memories:
        if memory.load_index is not None:
            rows = read_rows(folder / memory.file, memory)
            packets.append(load_packet(memory.load_index, memory.width, rows))
    if not packets:
        raise CosimError(f"{folder} has no memory that could be filled through a load port.")
    return np.concatenate(packets)


def load_packet(index: int, width: int, rows: Sequence[int]) -> NDArray[np.uint32]:
    """The words that fill a memory of `width` bits from row 0 on, uint32 (n,).

    A packet is the memory's load index, the number of rows, then each row in ceil(width / 32)
    words, least significant first.
    """
    row_bytes = 4 * -(-width // 32)
    body = b"".join(row.to_bytes(row_bytes, "little") for row in rows)
    header = np.array([index, len(rows)], "<u4")
    return np.concatenate([header, np.frombuffer(body, "<u4")]).astype(np.uint32)


def place_images(bundle: Bundle, run: Path, *, blank: bool = False) -> None:
    """Put the images where `$readmemh` looks for them: the folder in which the simulator runs.

    With `blank`, memories that have a load index start with zeros, so that only the load port can
    have filled them.
    """
    for memory in bundle.manifest.memories:
        if blank and memory.load_index is not None:
            (run / memory.file).write_text("0\n" * memory.depth, encoding="ascii")
        else:
            (run / memory.file).symlink_to(bundle.folder / memory.file)
