"""Plain data from a manifest, which may come from anybody: types and limits before anything else.

The limits are far above what fits an FPGA. They keep the work bounded that a number can cause; what
numbers must be among themselves is checked where they are used.
"""

import reprlib
from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

from isomac_hw.job import FIELD_NAMES, JobField

#: Largest integer of a parameter, but for some.
INTEGER_MAX = 1 << 24
_LIMITS = {
    "tile_rows": 1 << 16,
    "tile_columns": 1 << 16,
    "channel_lanes": 1 << 16,
    "banks": 1 << 8,
    "activation_depth": 1 << 20,
    "weight_depth": 1 << 20,
    "requant_depth": 1 << 16,
    "program_depth": 1 << 16,
    "accumulator_bits": 64,
    "bias_bits": 64,
    "sum_bits": 64,
    "multiplier_bits": 64,
    "shift_min": 64,
    "shift_bits": 6,
    # Of the softmax unit.
    "address_bits": 32,
    "channels_bits": 32,
    "pixels_bits": 32,
    "table_bits": 32,
    "table_peak": 1 << 32,
    "reciprocal_bits": 64,
    "shift": 64,
    "read_latency": 16,
    # Of a job field.
    "width": 64,
    "constant": 1 << 64,
}
#: Multipliers of an array.
MULTIPLIERS_MAX = 1 << 16
#: Entries of a list.
ENTRIES_MAX = 1 << 8


def check_fields(cls: type, data: Mapping[str, Any]) -> None:
    """Check the fields of a dataclass that are numbers, flags, texts or tuples of them.

    Raises
    ------
    TypeError
        If a value has another type than its field.
    ValueError
        If a number is out of range.
    """
    for field in fields(cls):
        if field.name in data:
            _check(field, data[field.name])


def check_array(data: Mapping[str, Any]) -> None:
    """Check the size of the array, whose numbers are known to be numbers.

    Raises
    ------
    ValueError
        If it is too large.
    """
    multipliers = data["tile_rows"] * data["tile_columns"] * data["channel_lanes"]
    if multipliers > MULTIPLIERS_MAX:
        raise ValueError(f"There must be at most {MULTIPLIERS_MAX} multipliers, not {multipliers}")


def check_layout(layout: tuple[JobField, ...]) -> None:
    """Check that all fields of a job are there, one behind the other.

    Raises
    ------
    ValueError
        If a field is missing, unknown or at another place.
    """
    names = [field.name for field in layout]
    if sorted(names) != sorted(FIELD_NAMES):
        odd = sorted({*names} ^ {*FIELD_NAMES}) or [n for n in names if names.count(n) > 1]
        raise ValueError(
            f"Job layout must have each field of a job once, {reprlib.repr(odd[0])} is missing, "
            "unknown or there twice"
        )
    offset = 0
    for field in layout:
        if field.constant is None and (field.offset != offset or field.width < 1):
            raise ValueError(
                f"Job field {field.name} must have at least 1 bit from {offset} on, "
                f"not {field.width} from {field.offset} on"
            )
        offset += field.width if field.constant is None else 0
        if field.constant is not None and field.width:
            raise ValueError(f"Job field {field.name} must have no bits, since it is constant")


def _check(field: "Field[Any]", value: Any) -> None:
    name, kind = field.name, field.type
    if kind is int or (kind == int | None and value is not None):
        _check_integer(name, value)
    elif kind is bool:
        _require(isinstance(value, bool), name, "true or false", value)
    elif kind is str:
        _require(isinstance(value, str), name, "a text", value)
    elif kind in (tuple[int, ...], tuple[str, ...]):
        whole = isinstance(value, list | tuple) and len(value) <= ENTRIES_MAX
        _require(whole, name, f"a list of at most {ENTRIES_MAX}", value)
        for item in value:
            if kind == tuple[int, ...]:
                _check_integer(name, item)
            else:
                _require(isinstance(item, str), name, "texts", item)


def _check_integer(name: str, value: Any) -> None:
    _require(isinstance(value, int) and not isinstance(value, bool), name, "an integer", value)
    high = _LIMITS.get(name, INTEGER_MAX)
    low = -high if name == "constant" else 0
    if not low <= value <= high:
        shown = value if abs(value) < 1 << 128 else f"a number of {value.bit_length()} bits"
        raise ValueError(f"{name} must be in {low}..{high}, not {shown}")


def _require(condition: bool, name: str, wanted: str, value: Any) -> None:
    if not condition:
        raise TypeError(f"{name} must be {wanted}, not {reprlib.repr(value)}")
