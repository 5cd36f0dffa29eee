"""Values of a JSON document from elsewhere, read with their types, limits and places.

A bundle may come from anybody. Whatever its manifest holds becomes a checked value here, or a
sentence that names the place; nothing is converted, and nothing is as large as the document says
before its limit was looked at.
"""

import json
import reprlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from isomac_cosim.errors import CosimError

#: Bytes of a document. A manifest has about a kilobyte for each layer.
DOCUMENT_MAX = 1 << 26
#: Characters of a text.
TEXT_MAX = 1 << 16
#: Entries of a list or an object.
ENTRIES_MAX = 1 << 20


class DocumentError(ValueError):
    """A value is not what it must be; the message has no full stop yet."""


class Node:
    """A value and its place in the document, such as ``layers[1].storage``."""

    def __init__(self, value: Any, place: str = "") -> None:
        self._value = value
        self._place = place

    def __getitem__(self, key: str) -> "Node":
        """The entry of an object."""
        place = f"{self._place}.{key}" if self._place else key
        if not isinstance(self._value, dict):
            raise self._error("an object")
        if key not in self._value:
            raise DocumentError(f"{place!r} is missing")
        return Node(self._value[key], place)

    def get(self, key: str) -> "Node | None":
        """The entry of an object, None if there is none."""
        if isinstance(self._value, dict) and key not in self._value:
            return None
        return self[key]

    @property
    def is_null(self) -> bool:
        """Whether the value is null."""
        return self._value is None

    def integer(self, low: int, high: int) -> int:
        """An integer in a range that includes both ends."""
        value = self._value
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._error(f"an integer in {low}..{high}")
        return value

    def boolean(self) -> bool:
        """True or false."""
        if not isinstance(self._value, bool):
            raise self._error("true or false")
        return self._value

    def text(self) -> str:
        """A text that can be written to a file and, without control characters, to a terminal."""
        value = self._value
        if not isinstance(value, str) or len(value) > TEXT_MAX:
            raise self._error(f"a text of at most {TEXT_MAX} characters")
        if any(character < " " or "\x7f" <= character <= "\x9f" for character in value):
            raise self._error("a text without control characters")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise self._error("a text of whole characters")
        return value

    def items(self, high: int = ENTRIES_MAX) -> Iterator["Node"]:
        """The entries of a list of at most `high`."""
        if not isinstance(self._value, list) or len(self._value) > high:
            raise self._error(f"a list of at most {high} entries")
        for index, value in enumerate(self._value):
            yield Node(value, f"{self._place}[{index}]")

    def entries(self, high: int = ENTRIES_MAX) -> Iterator[tuple[str, "Node"]]:
        """The keys and values of an object of at most `high`."""
        if not isinstance(self._value, dict) or len(self._value) > high:
            raise self._error(f"an object of at most {high} entries")
        for key, value in self._value.items():
            yield Node(key, f"a key of {self._place}").text(), Node(value, f"{self._place}.{key}")

    def _error(self, wanted: str) -> DocumentError:
        place = self._place or "it"
        return DocumentError(f"{place} must be {wanted}, not {_short(self._value)}")


def read_document(path: Path) -> Any:
    """The content of a JSON file.

    Raises
    ------
    CosimError
        If it cannot be read, is too large, or is no JSON. A missing file stays a FileNotFoundError.
    """
    try:
        with path.open("rb") as file:
            content = file.read(DOCUMENT_MAX + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CosimError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > DOCUMENT_MAX:
        raise CosimError(f"{path} must have at most {DOCUMENT_MAX} bytes, it has more.")
    try:
        return json.loads(content.decode("utf-8"))
    except RecursionError:
        raise CosimError(f"{path} cannot be read: it is nested too deeply.") from None
    except ValueError as error:  # no UTF-8, no JSON, or an integer of thousands of digits
        raise CosimError(f"{path} cannot be read: {_first_line(error)}.") from None


def _short(value: Any) -> str:
    """A value in a few characters; numbers may have thousands of digits, lists may be deep."""
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)} entries"
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    return reprlib.repr(value)


def _first_line(error: ValueError) -> str:
    return str(error).partition("\n")[0]
