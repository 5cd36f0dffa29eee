"""`isomac bench`: a row from end to end, and what becomes of rows that fail."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isomac.bench import command
from isomac.bench.limits import INPUTS, LIMITS
from isomac.bench.run import Task, run_suite
from isomac.cli import main
from isomac.errors import IsomacError
from tests.sw.bench.rows import row


def test_a_row_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, kept = tmp_path / "out" / "results.json", tmp_path / "bundles"
    options = ["--network", "rn", "--budget", "16", "--json", str(file), "--keep", str(kept)]
    assert main(["bench", *options]) == 0
    (data,) = json.loads(file.read_text())
    assert (data["network"], data["budget"], data["inputs"]) == ("rn", 16, INPUTS)
    assert data["cycles"] == data["predicted_cycles"] <= LIMITS["rn"][16].cycles == data["limit"]
    assert data["bit_exact"] is data["cycles_exact"] is True
    assert data["mismatches"] == 0 < data["bytes_compared"]
    assert data["multipliers"] == data["pixel_lanes"] * data["channels"] <= 16
    assert data["utilization"] == data["macs"] / data["cycles"] / data["multipliers"]
    assert data["macs"] / data["multipliers"] + sum(data["lost"].values()) == pytest.approx(
        data["cycles"], abs=1e-4
    )
    assert (kept / "rn_16" / "manifest.json").is_file()
    out = capsys.readouterr().out
    assert f"{data['cycles']:,}" in out
    assert "search" in out
    assert "All 1 rows are bit-exact" in out


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> dict[Task, dict[str, Any]]:
    """Changes of rows that are given out instead of being made."""
    changes: dict[Task, dict[str, Any]] = {}

    def fake(tasks: list[Task], *_: object, started: Any, **__: object) -> Iterator[Any]:
        for task in tasks:
            started(task)
        for task in reversed(tasks):
            yield row(network=task[0], budget=task[1], **changes.get(task, {}))

    monkeypatch.setattr(command, "run_suite", fake)
    return changes


@pytest.mark.usefixtures("suite")
def test_all_networks_and_budgets_in_order(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert main(["bench", "--json", str(file), "--jobs", "2"]) == 0
    rows = json.loads(file.read_text())
    assert len(rows) == 24
    assert [row["budget"] for row in rows[:4]] == [16, 72, 144, 16]
    assert [row["network"] for row in rows] == sorted(row["network"] for row in rows)


def test_a_failing_row_fails_the_suite(
    suite: dict[Task, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite["rn", 144] = {"limit": 19_999}
    file = tmp_path / "results.json"
    assert main(["bench", "--network", "rn", "--json", str(file)]) == 1
    assert "rn with 144 multipliers: 20,000 cycles exceed the limit" in capsys.readouterr().out
    assert len(json.loads(file.read_text())) == 3


@pytest.mark.usefixtures("suite")
def test_peers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--network", "rn", "--peers"]) == 0
    out = capsys.readouterr().out
    for text in ("NNgen 1.3.4", "57,738", "OpenGeMM", "82-99 %", "94.6 %", "arXiv:2407.19449"):
        assert text in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--network", "vgg"], "the suite has the networks"),
        (["--budget", "5000"], "an array must have at most 4,096 multipliers, not 5,000"),
        (["--budget", "0"], "0 is not in the range"),
    ],
)
def test_refusals(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *options]) == 2
    assert message in capsys.readouterr().err


def test_an_error_in_another_process_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(IsomacError, match="not 'vgg'"):
        list(run_suite([("vgg", 16)], 1, tmp_path, jobs=2))
