"""Arrays as `.npy` bytes: NumPy's format 1.0, written and read without evaluating anything.

The writer is its own, so that the bytes do not depend on the version of NumPy; the reader accepts
exactly the headers that NumPy writes for the dtypes of the integer graph.
"""

import math
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.errors import IsomacError
from isomac.graph.limits import DIMENSION_MAX, ELEMENTS_MAX

_MAGIC = b"\x93NUMPY\x01\x00"

#: The data begins at a multiple of this.
_ALIGNMENT = 64

#: The header of a rank of up to 4 with sizes of up to 8 digits is shorter than this.
_HEADER_MAX = 512

#: dtypes as the header spells them. Bytes have no order, the others are little-endian.
_DESCRIPTIONS = {"int8": "|i1", "int32": "<i4", "int64": "<i8"}

_HEADER = re.compile(
    rb"\{'descr': '(\|i1|<i4|<i8)', 'fortran_order': False, 'shape': \(([0-9, ]{1,64})\), \} *\n"
)
_SHAPE = re.compile(rb"[0-9]{1,8}(?:,|(?:, [0-9]{1,8})+)")


def encode_array(array: npt.NDArray[Any]) -> bytes:
    """Return an int8, int32 or int64 array as the bytes of a `.npy` file."""
    description = _DESCRIPTIONS[array.dtype.name]
    shape = tuple(int(size) for size in array.shape)
    header = f"{{'descr': '{description}', 'fortran_order': False, 'shape': {shape}, }}"
    # Magic and length take 10 bytes; the header ends with a newline on the alignment.
    padding = -(10 + len(header) + 1) % _ALIGNMENT
    text = header.encode("ascii") + b" " * padding + b"\n"
    return _MAGIC + len(text).to_bytes(2, "little") + text + array.astype(description).tobytes("C")


def decode_array(data: bytes, where: str) -> npt.NDArray[Any]:
    """Return the array in the bytes of a `.npy` file.

    Nothing is allocated before dtype and shape agree with the number of bytes that are there.

    Raises
    ------
    IsomacError
        If `data` is not a `.npy` file of format 1.0 that holds an int8, int32 or int64 array in C
        order; `where` begins the sentence.
    """
    if data[:8] != _MAGIC or len(data) < 10:
        raise IsomacError(f"{where} must begin with the header of a .npy file of format 1.0")
    length = int.from_bytes(data[8:10], "little")
    text = data[10 : 10 + length]
    match = _HEADER.fullmatch(text) if length <= _HEADER_MAX else None
    if match is None or _SHAPE.fullmatch(match[2]) is None:
        raise IsomacError(f"{where} must hold an int8, int32 or int64 array in C order")
    dtype = np.dtype(match[1].decode("ascii"))
    shape = tuple(int(size) for size in match[2].split(b",") if size)
    elements = math.prod(shape)
    if max(shape) > DIMENSION_MAX or elements > ELEMENTS_MAX:
        raise IsomacError(f"{where}: shape {shape} is too large, at most {ELEMENTS_MAX} elements")
    payload = len(data) - 10 - length
    if payload != elements * dtype.itemsize:
        raise IsomacError(
            f"{where}: {dtype.name} of shape {shape} takes {elements * dtype.itemsize} bytes,"
            f" there are {payload}"
        )
    flat = np.frombuffer(data, dtype, offset=10 + length)
    return flat.reshape(shape).astype(dtype.newbyteorder("="))
