"""The shape of an array."""

import pytest

from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError

FIELDS = {"tile_rows": 2, "tile_columns": 3, "channel_lanes": 5, "requant_lanes": 2, "banks": 4}


def test_what_follows() -> None:
    shape = ArrayShape(**FIELDS)
    assert (shape.pixel_lanes, shape.multipliers, shape.drain_steps) == (6, 30, 3)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("tile_rows", 0, "tile_rows must be at least 1, not 0"),
        ("tile_columns", -2, "tile_columns must be at least 1, not -2"),
        ("channel_lanes", 0, "channel_lanes must be at least 1, not 0"),
        ("requant_lanes", 0, "requant_lanes must be at least 1, not 0"),
        ("banks", 0, "banks must be at least 1, not 0"),
        (
            "requant_lanes",
            6,
            "there must be at most as many requantization lanes as channel lanes (5), not 6",
        ),
        ("banks", 3, "the number of banks must be a power of two, not 3"),
        ("banks", 12, "the number of banks must be a power of two, not 12"),
    ],
)
def test_what_is_out_of_range(name: str, value: int, sentence: str) -> None:
    with pytest.raises(IsomacError) as caught:
        ArrayShape(**{**FIELDS, name: value})
    assert str(caught.value) == sentence


@pytest.mark.parametrize("requant_lanes", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("banks", [1, 2, 64])
def test_what_is_in_range(requant_lanes: int, banks: int) -> None:
    shape = ArrayShape(**{**FIELDS, "requant_lanes": requant_lanes, "banks": banks})
    # Five channels leave in so many steps.
    assert shape.drain_steps == {1: 5, 2: 3, 3: 2, 4: 2, 5: 1}[requant_lanes]
