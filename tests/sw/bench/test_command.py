"""`isomac bench`: a row from end to end, and what becomes of rows that fail."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isomac.bench import command
from isomac.bench.limits import INPUTS, LIMITS
from isomac.bench.run import Task, Unmade, run_suite
from isomac.cli import main
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


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_row_that_cannot_be_made(tmp_path: Path, jobs: int) -> None:
    """The others are made all the same."""
    tasks = [("vgg", 16), ("rn", 0)]
    found = list(run_suite(tasks, 1, tmp_path, jobs=jobs))
    assert sorted((row.network, row.budget) for row in found) == sorted(tasks)
    reasons = {row.network: row.failure for row in found if isinstance(row, Unmade)}
    assert reasons["vgg"].startswith("vgg with 16 multipliers could not be made: the suite has the")
    assert reasons["rn"].endswith("the budget must be at least 1 multiplier, not 0")


def test_finished_rows_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fake(tasks: list[Task], *_: object, started: Any, **__: object) -> Iterator[Any]:
        for task in tasks:
            started(task)
        yield row(network="rn", budget=72)
        yield Unmade("rn", 16, "out of luck")
        yield row(network="rn", budget=144)

    monkeypatch.setattr(command, "run_suite", fake)
    file = tmp_path / "results.json"
    assert main(["bench", "--network", "rn", "--json", str(file)]) == 1
    assert [entry["budget"] for entry in json.loads(file.read_text())] == [72, 144]
    out = capsys.readouterr().out
    assert "rn with 16 multipliers could not be made: out of luck" in out
    assert "All" not in out


def test_finished_rows_are_kept_after_an_interrupt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fake(tasks: list[Task], *_: object, started: Any, **__: object) -> Iterator[Any]:
        started(tasks[0])
        yield row(network="rn", budget=16)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run_suite", fake)
    file = tmp_path / "results.json"
    assert main(["bench", "--network", "rn", "--json", str(file)]) == 130
    assert len(json.loads(file.read_text())) == 1
