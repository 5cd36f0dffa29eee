"""`isomac fuzz`."""

import re
from pathlib import Path

import pytest

from isomac.cli import main
from isomac.fuzz import command
from isomac.fuzz.worker import Failure, Totals


def totals(text: str) -> list[str]:
    """What a run prints, but for the seconds it took."""
    return [line for line in text.splitlines() if "seconds" not in line]


def test_the_same_seed_runs_the_same_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = []
    for _ in range(2):
        arguments = ["fuzz", "-n", "4", "--seed", "7", "--shapes", "1x1-m1-r1-b1", "--jobs", "1"]
        assert main(arguments) == 0
        printed.append(totals(capsys.readouterr().out))
    assert printed[0] == printed[1]
    assert printed[0][0] == "seed 7"
    assert re.search(r"cases without a difference +4\b", "\n".join(printed[0]))
    assert not (tmp_path / "build").exists()


def test_one_case_can_be_run_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "--seed", "7", "--case", "12", "--jobs", "1"]) == 0
    assert re.search(r"cases without a difference +1\b", capsys.readouterr().out)


def test_failing_cases_are_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(number: int) -> Failure:
        return Failure(9, number, "1x1-m1-r1-b1", "[one] is wrong", "two is", 1, "GRAPH = 1\n")

    long = Failure(9, 5, "1x1-m1-r1-b1", "three is wrong", "four is", 30, "LONG = 1\n" * 1000)
    found = Totals(cases=3, failures=[short(4), long])
    monkeypatch.setattr(command, "run_campaign", lambda *arguments, **options: found)
    assert main(["fuzz", "--seed", "9", "-o", str(tmp_path / "out")]) == 1
    out = capsys.readouterr().out
    for part in ("Case 4 of seed 9 fails", "[one] is wrong", "GRAPH = 1", "four is"):
        assert part in out
    assert "LONG" not in out
    assert "isomac fuzz --seed 9 --case 4" in out
    assert (tmp_path / "out" / "case_9_4.py").read_text() == "GRAPH = 1\n"
    assert (tmp_path / "out" / "case_9_5.py").read_text() == long.source


def test_a_seed_is_chosen_and_printed_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "run_campaign", lambda *arguments, **options: Totals())
    assert main(["fuzz", "-o", str(tmp_path)]) == 0
    assert re.match(r"seed \d+\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "0"], "0 is not in the range"),
        (["--seed", "-1"], "-1 is not in the range"),
        (["--jobs", "0"], "0 is not in the range"),
        (["--shapes", "9x9"], "the shape must be one of 1x1-m1-r1-b1, "),
    ],
)
def test_what_cannot_be_used_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fuzz", *arguments]) == 2
    assert message in capsys.readouterr().err
