"""Fashion-MNIST as the Debian package `dataset-fashion-mnist` installs it."""

import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt

#: Where the Debian package puts its four files.
FOLDER = Path("/usr/share/datasets/fashion-mnist")


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """Return the array of uint8 in a gzipped IDX file.

    Raises
    ------
    ValueError
        If the file is not IDX, not of bytes, or not as long as its header says.
    """
    with gzip.open(path) as file:
        data = file.read()
    if data[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path} must be an IDX file of unsigned bytes")
    dimensions = data[3]
    start = 4 + 4 * dimensions
    shape = tuple(int(size) for size in np.frombuffer(data[4:start], ">u4"))
    values = np.frombuffer(data[start:], np.uint8)
    if values.size != np.prod(shape):
        raise ValueError(f"{path} must hold {np.prod(shape)} bytes, not {values.size}")
    return values.reshape(shape).copy()  # `frombuffer` gives what cannot be written to


def read_split(folder: Path, split: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return images (N, 28, 28) and labels (N,) of the split `train` or `t10k`."""
    return (
        read_idx(folder / f"{split}-images-idx3-ubyte.gz"),
        read_idx(folder / f"{split}-labels-idx1-ubyte.gz"),
    )
