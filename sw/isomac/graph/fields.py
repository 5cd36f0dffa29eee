"""What a field of an operation may hold: one declaration checks, stores and restores it.

An operation annotates its fields with `Annotated[type, kind]`. The kind normalizes the value when
the operation is made, and tells the file format what to write and what to accept.
"""

import dataclasses
import operator
import reprlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, cast, get_type_hints

import numpy as np
import numpy.typing as npt

from isomac.errors import GraphError
from isomac.graph.limits import (
    DIMENSION_MAX,
    ELEMENTS_MAX,
    EXTENT_MAX,
    INT8_MAX,
    INT8_MIN,
    MULTIPLIER_LIMIT,
    NAME_MAX,
    ROUNDINGS,
    SHIFT_MAX,
    SHIFT_MIN,
)


class Kind(ABC):
    """The set of values a field accepts."""

    @abstractmethod
    def normalize(self, value: object, where: str) -> Any:
        """Return `value` in its one canonical, immutable form.

        `where` begins the sentence of the `GraphError` that is raised if the value is not accepted.
        """


@dataclass(frozen=True)
class Integer(Kind):
    """An integer in [minimum, maximum]; NumPy integers become `int`."""

    minimum: int
    maximum: int

    def normalize(self, value: object, where: str) -> int:
        if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
            raise GraphError(f"{where} must be an integer, not {reprlib.repr(value)}")
        try:
            number = operator.index(cast("Any", value))
        except TypeError:
            raise GraphError(f"{where} must be an integer, not {reprlib.repr(value)}") from None
        if not self.minimum <= number <= self.maximum:
            raise GraphError(
                f"{where} must be in [{self.minimum}, {self.maximum}], not {reprlib.repr(number)}"
            )
        return number


@dataclass(frozen=True)
class Integers(Kind):
    """A tuple of `length` integers, each in [minimum, maximum]."""

    length: int
    minimum: int
    maximum: int

    def normalize(self, value: object, where: str) -> tuple[int, ...]:
        if not isinstance(value, (tuple, list)) or len(value) != self.length:
            raise GraphError(f"{where} must be {self.length} integers, not {reprlib.repr(value)}")
        element = Integer(self.minimum, self.maximum)
        return tuple(element.normalize(item, where) for item in value)


@dataclass(frozen=True)
class Boolean(Kind):
    """True or False; NumPy's become `bool`."""

    def normalize(self, value: object, where: str) -> bool:
        if not isinstance(value, (bool, np.bool_)):
            raise GraphError(f"{where} must be true or false, not {reprlib.repr(value)}")
        return bool(value)


@dataclass(frozen=True)
class Choice(Kind):
    """One of some words."""

    words: tuple[str, ...]

    def normalize(self, value: object, where: str) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise GraphError(
                f"{where} must be one of {', '.join(self.words)}, not {reprlib.repr(value)}"
            )
        return value


@dataclass(frozen=True)
class Text(Kind):
    """A string of 1 to 1000 printable characters."""

    def normalize(self, value: object, where: str) -> str:
        check_name(value, where)
        return str(value)


@dataclass(frozen=True)
class Spans(Kind):
    """A non-empty tuple of (start, stop) with 0 <= start < stop."""

    def normalize(self, value: object, where: str) -> tuple[tuple[int, int], ...]:
        if not isinstance(value, (tuple, list)) or not value:
            raise GraphError(f"{where} must be a list of (start, stop), not {reprlib.repr(value)}")
        pair = Integers(2, 0, DIMENSION_MAX)
        spans = []
        for item in value:
            start, stop = pair.normalize(item, where)
            if start >= stop:
                raise GraphError(f"{where} must have start < stop, not ({start}, {stop})")
            spans.append((start, stop))
        return tuple(spans)


@dataclass(frozen=True)
class Array(Kind):
    """A non-empty NumPy array of exactly this dtype and rank; it is copied and made read-only.

    `minimum` and `maximum` bound every element and default to the limits of the dtype. `shape` is
    checked if it is not None.
    """

    dtype: str
    rank: int
    minimum: int | None = None
    maximum: int | None = None
    shape: tuple[int, ...] | None = None

    def normalize(self, value: object, where: str) -> np.ndarray[Any, Any]:
        if not isinstance(value, np.ndarray):
            raise GraphError(f"{where} must be a NumPy array, not {type(value).__name__}")
        if value.dtype != np.dtype(self.dtype):
            raise GraphError(f"{where} must have dtype {self.dtype}, not {value.dtype}")
        if value.ndim != self.rank:
            raise GraphError(f"{where} must have {self.rank} dimensions, not {value.ndim}")
        if not 0 < value.size <= ELEMENTS_MAX:
            raise GraphError(f"{where} must have 1 to {ELEMENTS_MAX} elements, not {value.size}")
        if self.shape is not None and value.shape != self.shape:
            raise GraphError(f"{where} must have shape {self.shape}, not {value.shape}")
        self._check_range(value, where)
        copy = np.array(value, dtype=self.dtype, order="C", copy=True)
        copy.setflags(write=False)
        return copy

    def _check_range(self, value: np.ndarray[Any, Any], where: str) -> None:
        limits = np.iinfo(self.dtype)
        low = limits.min if self.minimum is None else self.minimum
        high = limits.max if self.maximum is None else self.maximum
        outside = np.argwhere((value < low) | (value > high))
        if len(outside):
            index = tuple(int(i) for i in outside[0])
            raise GraphError(f"{where}{list(index)} must be in [{low}, {high}], not {value[index]}")


def check_name(value: object, where: str) -> None:
    """Require a string of 1 to 1000 printable characters, fit for a message on one line."""
    if not isinstance(value, str) or not 1 <= len(value) <= NAME_MAX or not value.isprintable():
        raise GraphError(
            f"{where} must be a string of 1 to {NAME_MAX} printable characters,"
            f" not {reprlib.repr(value)}"
        )


@cache
def kinds(cls: type) -> dict[str, Kind]:
    """Return the kinds of the fields of the dataclass `cls` by name, in order of declaration."""
    found = {}
    hints = get_type_hints(cls, include_extras=True)
    for field in dataclasses.fields(cls):
        for kind in getattr(hints[field.name], "__metadata__", ()):
            if isinstance(kind, Kind):
                found[field.name] = kind
    return found


#: A value of a tensor.
Int8 = Annotated[int, Integer(INT8_MIN, INT8_MAX)]

#: The constants of one rescaling, and one rescaling for each output channel.
Multiplier = Annotated[int, Integer(0, MULTIPLIER_LIMIT - 1)]
Shift = Annotated[int, Integer(SHIFT_MIN, SHIFT_MAX)]
Multipliers = Annotated[npt.NDArray[np.int64], Array("int64", 1, 0, MULTIPLIER_LIMIT - 1)]
Shifts = Annotated[npt.NDArray[np.int64], Array("int64", 1, SHIFT_MIN, SHIFT_MAX)]
Biases = Annotated[npt.NDArray[np.int32], Array("int32", 1)]

#: How a product is brought down to its place: see `ROUNDINGS`.
Rounding = Annotated[str, Choice(ROUNDINGS)]

#: Kernel, stride or dilation as (y, x); padding as (top, left, bottom, right).
Extent = Annotated[tuple[int, int], Integers(2, 1, EXTENT_MAX)]
Padding = Annotated[tuple[int, int, int, int], Integers(4, 0, EXTENT_MAX)]
