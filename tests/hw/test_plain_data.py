"""Parameters from a stranger's manifest: each absurd value has its sentence."""

from typing import Any

import pytest

from isomac_hw.job import FIELD_NAMES
from isomac_hw.parameters import AcceleratorParameters
from tests.hw.test_parameters import WITH_SOFTMAX, parameters


def refusal(data: dict[str, Any]) -> str:
    with pytest.raises(ValueError, match=r"^[A-Za-z_]+ ") as caught:
        AcceleratorParameters.from_dict(data)
    assert type(caught.value) is ValueError
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"banks": float("inf")}, "banks must be an integer, not inf"),
        ({"banks": 4.0}, "banks must be an integer, not 4.0"),
        ({"banks": True}, "banks must be an integer, not True"),
        ({"banks": -4}, "banks must be in 0..256, not -4"),
        ({"activation_depth": 1 << 40}, "activation_depth must be in 0..1048576, not 1099511627"),
        ({"weight_depth": 10**5000}, "weight_depth must be in 0..1048576, not a number of 166"),
        ({"tile_rows": 65536, "tile_columns": 65536}, "There must be at most 65536 multipliers"),
        ({"mode": 1}, "mode must be a text, not 1"),
        ({"overlap_input": 1}, "overlap_input must be true or false, not 1"),
        ({"strides": "12"}, "strides must be a list of at most 256, not '12'"),
        ({"strides": list(range(1, 1000))}, "strides must be a list of at most 256, not [1, 2"),
        ({"strides": [1, "2"]}, "strides must be an integer, not '2'"),
        ({"input_channels": [None]}, "input_channels must be an integer, not None"),
        ({"features": [[]]}, "features must be texts, not []"),
        ({"features": None}, "features must be a list of at most 256, not None"),
        ({"accumulator_bits": 65}, "accumulator_bits must be in 0..64, not 65"),
        ({"shift_bits": 7}, "shift_bits must be in 0..6, not 7"),
    ],
)
def test_parameter(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(parameters().to_dict() | changes)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("table_bits", 33, "table_bits must be in 0..32, not 33"),
        ("channels_bits", "8", "channels_bits must be an integer, not '8'"),
        ("reciprocal_bits", 1 << 30, "reciprocal_bits must be in 0..64, not 1073741824"),
    ],
)
def test_softmax(name: str, value: Any, sentence: str) -> None:
    data = parameters(**WITH_SOFTMAX).to_dict()
    data["softmax"][name] = value
    assert sentence in refusal(data)


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ({"name": "spoon"}, "Job layout must have each field of a job once, 'kind'"),
        ({"name": FIELD_NAMES[1]}, "Job layout must have each field of a job once, "),
        ({"name": 5}, "name must be a text, not 5"),
        ({"width": 0}, "must have at least 1 bit from 0 on, not 0 from 0 on"),
        ({"width": 1 << 20}, "width must be in 0..64, not 1048576"),
        ({"offset": 1}, "must have at least 1 bit from 0 on, not "),
        ({"offset": -1}, "offset must be in 0..16777216, not -1"),
        ({"constant": 0}, "must have no bits, since it is constant"),
        ({"constant": 1 << 65}, "constant must be in -18446744073709551616..18446744073709551616"),
        ({"constant": "0"}, "constant must be an integer, not '0'"),
    ],
)
def test_job_layout(field: dict[str, Any], sentence: str) -> None:
    data = parameters().to_dict()
    data["job_layout"][0] |= field
    assert sentence in refusal(data)


def test_job_layout_without_a_field() -> None:
    data = parameters().to_dict()
    gone = data["job_layout"].pop()
    sentence = f"Job layout must have each field of a job once, {gone['name']!r} is missing"
    assert sentence in refusal(data)


@pytest.mark.parametrize("layout", [[1], [[]], {"a": 1}, "abc", [None]])
def test_job_layout_of_another_form(layout: Any) -> None:
    sentence = "Accelerator parameters are incomplete or unknown: "
    assert refusal(parameters().to_dict() | {"job_layout": layout}).startswith(sentence)
