"""What a protocol buffer would become in memory, counted before it is parsed.

A message of two bytes becomes an object of hundreds, and a packed number of one byte becomes eight:
a file of a few megabytes could fill the memory. The encoding is walked here with the schema in
hand, without building anything.
"""

from __future__ import annotations

from typing import Any

from isomac.errors import IsomacError

#: Most messages (nodes, attributes, tensors, dimensions) and most fields of a file.
MESSAGES_MAX = 1 << 17
FIELDS_MAX = 1 << 20
#: Most bytes of packed numbers; weights are commonly stored as raw bytes, which are not counted.
PACKED_MAX = 1 << 25
#: Deepest nesting of messages; the parser has the same bound.
DEPTH_MAX = 64

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


class _Counter:
    def __init__(self) -> None:
        self.messages = 0
        self.fields = 0
        self.packed = 0


def check_encoding(data: bytes, descriptor: Any, what: str) -> None:
    """Require `data` to be an intact encoding of moderate size.

    Parameters
    ----------
    data
        The file.
    descriptor
        The schema of its outermost message, from `google.protobuf`.
    what
        How messages call the file.

    Raises
    ------
    IsomacError
        If it is cut short or damaged, or would be too large in memory.
    """
    try:
        _walk(memoryview(data), 0, len(data), descriptor, _Counter(), 0)
    except _TooLarge as error:
        raise IsomacError(f"{what} is too large: {error}") from error
    except (IndexError, ValueError) as error:
        raise IsomacError(f"{what} is no intact ONNX file: {error}") from error


class _TooLarge(Exception):
    """A bound of this module is exceeded."""


def _walk(
    data: memoryview, position: int, end: int, descriptor: Any, counter: _Counter, depth: int
) -> None:
    counter.messages += 1
    if counter.messages > MESSAGES_MAX:
        raise _TooLarge(f"it holds more than {MESSAGES_MAX} parts")
    if depth > DEPTH_MAX:
        raise _TooLarge(f"its parts are nested more than {DEPTH_MAX} deep")
    fields = descriptor.fields_by_number
    while position < end:
        counter.fields += 1
        if counter.fields > FIELDS_MAX:
            raise _TooLarge(f"it holds more than {FIELDS_MAX} fields")
        tag, position = _varint(data, position, end)
        field, wire = fields.get(tag >> 3), tag & 7
        if wire == _VARINT:
            _, position = _varint(data, position, end)
        elif wire in (_FIXED32, _FIXED64):
            position += 4 if wire == _FIXED32 else 8
        elif wire == _LENGTH:
            size, position = _varint(data, position, end)
            if size > end - position:
                raise ValueError("a part reaches beyond the end")
            if field is None or field.message_type is None:
                _check_leaf(field, data[position : position + size], counter)
            else:
                _walk(data, position, position + size, field.message_type, counter, depth + 1)
            position += size
        else:
            raise ValueError(f"wire type {wire} at byte {position} is not in use")
        if position > end:
            raise ValueError("a number reaches beyond the end")


def _check_leaf(field: Any, content: memoryview, counter: _Counter) -> None:
    """Count packed numbers, and require text to be UTF-8; raw bytes stay as large as they are."""
    if field is None or field.type == field.TYPE_BYTES:
        return
    if field.type == field.TYPE_STRING:
        # The parser would hand out bytes instead of text.
        str(content, "utf-8")
        return
    counter.packed += len(content)
    if counter.packed > PACKED_MAX:
        raise _TooLarge(f"it holds more than {PACKED_MAX} bytes of numbers that are not raw data")


def _varint(data: memoryview, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while position < end and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number is cut short")
