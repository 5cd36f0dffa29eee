"""Constants of an ONNX file as arrays, from the file itself or from one beside it."""

from __future__ import annotations

import math
import reprlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.errors import IsomacError
from isomac.importers.registry import FILE_MAX, ModelFile

#: Dtype of each element type that a quantized network needs; 4-bit types have two values a byte.
_DTYPES = {
    "FLOAT": np.float32,
    "DOUBLE": np.float64,
    "FLOAT16": np.float16,
    "INT8": np.int8,
    "UINT8": np.uint8,
    "INT16": np.int16,
    "UINT16": np.uint16,
    "INT32": np.int32,
    "INT64": np.int64,
    "BOOL": np.bool_,
    "INT4": np.int8,
    "UINT4": np.uint8,
}
#: The field that holds the values where they are not raw bytes.
_FIELDS = {"FLOAT": "float_data", "DOUBLE": "double_data", "INT64": "int64_data"}


def array_of(proto: Any, file: ModelFile, name: str) -> npt.NDArray[Any]:
    """Return the values of a `TensorProto`; integers of 4 bits have a dtype of `ml_dtypes`.

    Raises
    ------
    IsomacError
        If shape, type and number of bytes contradict one another, or the bytes are in a place where
        no model file may read.
    """
    what = f"{file.path}: constant {reprlib.repr(name)}"
    header = _header(proto, what)
    kind, shape, dtype, size = header.kind, header.shape, header.dtype, header.size
    if is_external(proto):
        raw = _external(proto, file, what, size)
    elif proto.raw_data:
        raw = proto.raw_data
    else:
        return _typed(proto, kind, dtype, shape, what)
    if len(raw) != size:
        raise IsomacError(f"{what} has the shape {shape}, {size} bytes, but {len(raw)} are there")
    if header.packed:
        return _unpacked(np.frombuffer(raw, np.uint8), kind, math.prod(shape)).reshape(shape)
    return np.frombuffer(raw, dtype.newbyteorder("<")).astype(dtype).reshape(shape)


def is_external(proto: Any) -> bool:
    """Return whether the values of a `TensorProto` lie in another file."""
    return bool(proto.data_location == proto.EXTERNAL)


def external_bytes(proto: Any, file: ModelFile, name: str) -> bytes:
    """Return the raw bytes of a constant that lies in another file, under the rules of `array_of`.

    Raises
    ------
    IsomacError
        As `array_of`.
    """
    what = f"{file.path}: constant {reprlib.repr(name)}"
    return _external(proto, file, what, _header(proto, what).size)


@dataclass(frozen=True)
class _Header:
    """What a constant says of itself: its type, its shape, and its size in bytes."""

    kind: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    packed: bool
    size: int


def _header(proto: Any, what: str) -> _Header:
    from onnx import TensorProto

    known = {number: key for key, number in TensorProto.DataType.items()}
    kind = known.get(proto.data_type, str(proto.data_type))
    if kind not in _DTYPES:
        raise IsomacError(f"{what} has the type {kind}, accepted are {', '.join(_DTYPES)}")
    shape = tuple(proto.dims)
    if any(size < 0 for size in shape):
        raise IsomacError(f"{what} has the shape {shape}, sizes must not be negative")
    count = math.prod(shape)
    dtype = np.dtype(_DTYPES[kind])
    packed = kind in ("INT4", "UINT4")
    size = (count + 1) // 2 if packed else count * dtype.itemsize
    if size > FILE_MAX:
        raise IsomacError(f"{what} has the shape {shape}, which is more than {FILE_MAX} bytes")
    return _Header(kind, shape, dtype, packed, size)


def _typed(
    proto: Any, kind: str, dtype: np.dtype[Any], shape: tuple[int, ...], what: str
) -> npt.NDArray[Any]:
    """Return values that are stored as numbers."""
    count = math.prod(shape)
    stored = getattr(proto, _FIELDS.get(kind, "int32_data"))
    if kind in ("INT4", "UINT4"):
        bytes_ = np.array(stored, np.int64).astype(np.uint8)
        if len(bytes_) == (count + 1) // 2:
            return _unpacked(bytes_, kind, count).reshape(shape)
    if len(stored) != count:
        raise IsomacError(
            f"{what} has the shape {shape}, {count} values, but {len(stored)} are there"
        )
    if kind == "FLOAT16":
        return np.array(stored, np.int64).astype(np.uint16).view(np.float16).reshape(shape)
    return np.array(stored).astype(dtype).reshape(shape)


def _unpacked(data: npt.NDArray[np.uint8], kind: str, count: int) -> npt.NDArray[Any]:
    """Return 4-bit values, the first of each byte in its lower half."""
    import ml_dtypes  # comes with onnx

    values = np.stack([data & 15, data >> 4], axis=1).reshape(-1)[:count]
    if kind == "UINT4":
        return values.astype(ml_dtypes.uint4)
    return ((values ^ 8).astype(np.int8) - 8).astype(ml_dtypes.int4)


def _external(proto: Any, file: ModelFile, what: str, size: int) -> bytes:
    """Return bytes from a file in the folder of the model, which a model cannot leave."""
    entries = {entry.key: entry.value for entry in proto.external_data}
    location = entries.get("location", "")
    relative = PurePosixPath(location)
    if (
        not location.isprintable()
        or not relative.parts
        or relative.is_absolute()
        or ".." in relative.parts
        or "\\" in location
        or ":" in location
    ):
        raise IsomacError(
            f"{what} is stored in {reprlib.repr(location)}, which is not in the folder of the model"
        )
    folder = file.path.resolve().parent
    try:
        path = (folder / Path(*relative.parts)).resolve()
        if not path.is_relative_to(folder):
            raise IsomacError(
                f"{what} is stored in {reprlib.repr(location)}, a link out of the folder of the"
                f" model"
            )
        if not path.is_file():
            raise IsomacError(
                f"{what} is stored in {reprlib.repr(location)}, but there is no such file in"
                f" {folder}, where the model is"
            )
        offset = _number(entries, "offset", 0, what)
        length = _number(entries, "length", size, what)
        if length != size:
            raise IsomacError(f"{what} needs {size} bytes, its entry says {length}")
        if offset + size > path.stat().st_size:
            raise IsomacError(f"{what} lies beyond the end of {reprlib.repr(location)}")
        with path.open("rb") as opened:
            opened.seek(offset)
            return opened.read(size)
    except OSError as error:
        raise IsomacError(f"{what}: cannot read {reprlib.repr(location)}: {error}") from error


def _number(entries: dict[str, str], key: str, default: int, what: str) -> int:
    text = entries.get(key, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise IsomacError(f"{what}: its {key} must be a number, not {reprlib.repr(text)}")
    return int(text)
