"""One node of an ONNX graph, with its attributes in plain Python types."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from isomac.errors import IsomacError

Array = npt.NDArray[Any]

#: Domains of the operators of ONNX itself.
STANDARD = ("", "ai.onnx")
#: Longest name that messages and the integer graph show.
_NAME_MAX = 200


@dataclass(frozen=True, eq=False)
class Node:
    """An operator and what it reads and writes.

    Members
    -------
    operator
        Such as "Conv"; of another domain with the domain before it.
    name
        What the file calls it, or else its first output.
    inputs, outputs
        Names of values; "" stands for one that is left out.
    settings
        Attributes by name: int, float, str, array or a list of one of these.
    file
        Name of the file, for messages.
    """

    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: dict[str, Any]
    file: str

    def __str__(self) -> str:
        return f"{self.operator} {self.name!r}"

    @property
    def source(self) -> str:
        """Where the user finds the node."""
        return printable(f"{self.file}: {self}")

    def refuse(self, reason: str) -> IsomacError:
        """Return the error that names this node."""
        return IsomacError(f"{self.file}: {self} cannot be turned into integers: {reason}")

    def integer(self, name: str, default: int) -> int:
        """Return an attribute that is an integer."""
        return self._attribute(name, default, int, "an integer")

    def real(self, name: str, default: float) -> float:
        """Return an attribute that is a real number."""
        return self._attribute(name, default, float, "a real number")

    def text(self, name: str, default: str) -> str:
        """Return an attribute that is a word."""
        return self._attribute(name, default, str, "a word")

    def integers(self, name: str, default: list[int] | None) -> list[int] | None:
        """Return an attribute that is a list of integers."""
        value = self.settings.get(name, default)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, int) for item in value):
            raise self.refuse(f"{name} must be integers, not {reprlib.repr(value)}")
        return value

    def pair(self, name: str, default: tuple[int, int] | None) -> tuple[int, int]:
        """Return an attribute with two integers, (y, x), both at least 1."""
        value = self.integers(name, None if default is None else list(default))
        if value is None or len(value) != 2 or min(value) < 1:
            raise self.refuse(f"{name} must be two integers from 1 on, not {reprlib.repr(value)}")
        return value[0], value[1]

    def _attribute(self, name: str, default: Any, kind: type, what: str) -> Any:
        value = self.settings.get(name, default)
        if not isinstance(value, kind):
            raise self.refuse(f"{name} must be {what}, not {reprlib.repr(value)}")
        return value


def printable(name: str) -> str:
    """Return `name` as one printable line of moderate length."""
    text = "".join(character if character.isprintable() else "?" for character in name)
    return text if len(text) <= _NAME_MAX else f"{text[: _NAME_MAX - 3]}..."
