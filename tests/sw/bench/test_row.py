"""A row says what is wrong with it."""

import json
from typing import Any

import pytest

from tests.sw.bench.rows import row


def test_a_good_row_has_no_failures() -> None:
    assert row().failures == []
    assert row(limit=None, cycles=10**9, predicted_cycles=10**9).failures == []
    assert row(limit=20_000).failures == []


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"bit_exact": False, "mismatches": 7}, "7 of 47,120 bytes are wrong"),
        ({"bit_exact": False}, "the inputs did not all come to their end"),
        ({"bit_exact": False, "problems": ("it hung",)}, "it hung"),
        (
            {"cycles_exact": False, "predicted_cycles": 20_001},
            "20,000 cycles, and not 20,001 as predicted",
        ),
        ({"limit": 19_999}, "20,000 cycles exceed the limit of 19,999"),
    ],
)
def test_failures(changes: dict[str, Any], failure: str) -> None:
    assert row(**changes).failures == [f"rn with 16 multipliers: {failure}"]


def test_a_row_is_json() -> None:
    data = json.loads(json.dumps(row().to_dict()))
    assert data["pixels"] == "1x2"
    assert data["macs"] / data["multipliers"] + sum(data["lost"].values()) == data["cycles"]
