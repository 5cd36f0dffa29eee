"""The results that are committed, and how they are printed."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from isomac.bench.limits import BUDGETS, INPUTS
from isomac.bench.registry import networks
from isomac.bench.render import WIDTH, results
from isomac.bench.row import Row

FILE = Path(__file__).resolve().parents[3] / "bench" / "results.json"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    data = json.loads(FILE.read_text(encoding="utf-8"))
    return [Row(**{**entry, "problems": tuple(entry["problems"])}) for entry in data]


def test_every_row_is_there_and_proved(rows: list[Row]) -> None:
    assert {(row.network, row.budget) for row in rows} == {
        (key, budget) for key in networks() for budget in BUDGETS
    }
    for row in rows:
        assert row.failures == []
        assert row.bit_exact
        assert row.cycles_exact
        assert row.inputs >= INPUTS


def test_the_lost_cycles_add_up(rows: list[Row]) -> None:
    for row in rows:
        total = row.macs / row.multipliers + sum(row.lost.values())
        assert total == pytest.approx(row.cycles, abs=1e-4)  # each share has six decimals


def test_the_tables_cut_nothing_off(rows: list[Row]) -> None:
    console = Console(file=StringIO(), width=WIDTH)
    console.print(results(rows))
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "…" not in text
    for row in rows:
        assert row.network in text
        assert f"{row.cycles:,}" in text
        assert f"0 of {row.bytes_compared:,}" in text
