"""Accelerator parameters: every rule, what follows from them, and the way through JSON."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from isomac_hw.job import Job, JobLayout
from isomac_hw.parameters import FEATURES, AcceleratorParameters
from isomac_hw.softmax_parameters import SoftmaxParameters
from tests.hw.bench import parameters

SOFTMAX = SoftmaxParameters(
    channel_lanes=5, address_bits=8, channels_bits=4, pixels_bits=6, sum_bits=21
)
FEATURE_RULE = f"Features must be a subset of {', '.join(FEATURES)} in that order"
WITH_SOFTMAX = {"features": ("dense", "softmax"), "softmax": SOFTMAX}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "rom"}, "Mode must be one of fixed, programmable, not 'rom'"),
        *(
            ({name: 0}, f"{name} must be at least 1, not 0")
            for name in (
                "tile_rows",
                "tile_columns",
                "channel_lanes",
                "requant_lanes",
                "banks",
                "activation_depth",
                "weight_depth",
                "requant_depth",
                "program_depth",
                "multiplier_bits",
                "shift_min",
            )
        ),
        (
            {"requant_lanes": 6},
            "Requantization lanes must be at most the 5 channel lanes, not 6",
        ),
        ({"banks": 6}, "Banks must be a power of two, not 6"),
        (
            {"activation_depth": 102},
            "Activation depth must be a multiple of the 4 banks, not 102",
        ),
        ({"strides": ()}, "Strides must be ascending and not empty, not ()"),
        ({"strides": (2, 1)}, "Strides must be ascending and not empty, not (2, 1)"),
        ({"strides": (1, 1)}, "Strides must be ascending and not empty, not (1, 1)"),
        ({"input_channels": ()}, "Input channels must be ascending and not empty, not ()"),
        (
            {"input_channels": (3, 1)},
            "Input channels must be ascending and not empty, not (3, 1)",
        ),
        ({"input_channels": (0, 1)}, "Input channels must be in 1..5, not (0, 1)"),
        ({"input_channels": (1, 6)}, "Input channels must be in 1..5, not (1, 6)"),
        (
            {"features": ("depthwise", "dense")},
            f"{FEATURE_RULE}, not ('depthwise', 'dense')",
        ),
        (
            {"features": ("dense", "sigmoid")},
            f"{FEATURE_RULE}, not ('dense', 'sigmoid')",
        ),
        (
            {"window_columns": 4},
            "Window must hold 5 words, the distance of the outermost pixel lanes, not 4",
        ),
        (
            {"features": ("dense", "softmax")},
            "Softmax must have parameters just where it is a feature",
        ),
        ({"softmax": SOFTMAX}, "Softmax must have parameters just where it is a feature"),
        (
            {"accumulator_bits": 16},
            "Accumulator must have 17 bits to hold two operands, not 16",
        ),
    ],
)
def test_rules(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parameters(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "fixed"},
        {"requant_lanes": 5},
        {"window_columns": 5},
        {"banks": 1, "activation_depth": 1},
        {"strides": (3,), "window_columns": 7},
        {"features": ("depthwise",), "accumulator_bits": 16},
        {"features": ()},
        WITH_SOFTMAX,
    ],
)
def test_what_the_rules_allow(changes: dict[str, Any]) -> None:
    made = parameters(**changes)
    assert all(getattr(made, name) == value for name, value in changes.items())


@pytest.mark.parametrize(
    ("changes", "derived"),
    [
        (
            {},
            {
                "pixel_lanes": 6,
                "multipliers": 30,
                "drain_steps": 3,
                "address_bits": 8,
                "weight_address_bits": 7,
                "requant_address_bits": 6,
                "requant_row_bits": 2 * (18 + 12 + 4),
            },
        ),
        ({"requant_lanes": 5}, {"drain_steps": 1, "requant_row_bits": 5 * (18 + 12 + 4)}),
        ({"requant_lanes": 1}, {"drain_steps": 5}),
        ({"activation_depth": 64, "weight_depth": 64}, {"address_bits": 7}),
        ({"banks": 1, "activation_depth": 65}, {"address_bits": 8}),
        ({"weight_depth": 1, "requant_depth": 1}, {"weight_address_bits": 1}),
    ],
)
def test_derived(changes: dict[str, Any], derived: dict[str, int]) -> None:
    made = parameters(**changes)
    assert {name: getattr(made, name) for name in derived} == derived


def test_features() -> None:
    made = parameters(features=("dense", "max"))
    assert [made.has(f) for f in ("dense", "depthwise", "max", "add")] == [True, False, True, False]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        WITH_SOFTMAX,
        {
            "mode": "fixed",
            "job_layout": JobLayout.derive(
                [Job(kind=0, words=3), Job(kind=1, words=4, start_y=-1)], fixed=True
            ),
        },
    ],
)
def test_round_trip_through_json(changes: dict[str, Any]) -> None:
    made = parameters(**changes)
    assert AcceleratorParameters.from_dict(json.loads(json.dumps(made.to_dict()))) == made


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tile_rows": None}, "^Accelerator parameters are incomplete or unknown: "),
        ({"strides": 1}, "^Accelerator parameters are incomplete or unknown: "),
        ({"colour": 1}, "^Accelerator parameters are incomplete or unknown: .*colour"),
        ({"job_layout": [{"name": "taps"}]}, "^Accelerator parameters are incomplete or unknown: "),
        ({"job_layout": 3}, "^Accelerator parameters are incomplete or unknown: "),
        ({"softmax": {"shift": 1}}, "^Accelerator parameters are incomplete or unknown: "),
        ({"banks": 3}, "^Banks must be a power of two, not 3$"),
    ],
)
def test_damaged_dictionaries(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AcceleratorParameters.from_dict(parameters().to_dict() | changes)


@pytest.mark.parametrize("name", sorted(parameters().to_dict()))
def test_missing_fields(name: str) -> None:
    given = parameters().to_dict()
    del given[name]
    with pytest.raises(ValueError, match=f"^Accelerator parameters are incomplete .*{name}"):
        AcceleratorParameters.from_dict(given)


def test_from_dict_leaves_its_argument_alone() -> None:
    given = parameters().to_dict()
    before = json.dumps(given)
    AcceleratorParameters.from_dict(given)
    assert json.dumps(given) == before


def test_parameters_are_values() -> None:
    assert parameters() == parameters()
    assert replace(parameters(), weight_depth=51) != parameters()
