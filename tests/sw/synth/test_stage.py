"""Steps that are not done twice."""

from pathlib import Path

import pytest

from isomac.synth.stage import run_stage


class Work:
    """Writes a file, and counts how often."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.done = folder, 0

    def __call__(self) -> None:
        self.done += 1
        (self.folder / "out").write_text("content")


def test_same_inputs(tmp_path: Path) -> None:
    work = Work(tmp_path)
    first = run_stage(tmp_path, "step", {"a": "1"}, ["out"], work)
    again = run_stage(tmp_path, "step", {"a": "1"}, ["out"], work)
    assert work.done == 1
    assert (first.again, again.again) == (False, True)
    assert (first.key, first.seconds) == (again.key, again.seconds)


def test_other_inputs(tmp_path: Path) -> None:
    work = Work(tmp_path)
    run_stage(tmp_path, "step", {"a": "1"}, ["out"], work)
    assert not run_stage(tmp_path, "step", {"a": "2"}, ["out"], work).again
    assert work.done == 2


@pytest.mark.parametrize("damage", ["gone", "changed", "record", "array", "truncated"])
def test_damage(tmp_path: Path, damage: str) -> None:
    work = Work(tmp_path)
    run_stage(tmp_path, "step", {}, ["out"], work)
    out, record = tmp_path / "out", tmp_path / "step.stage.json"
    if damage == "gone":
        out.unlink()
    elif damage == "changed":
        out.write_text("other")
    elif damage == "record":
        record.unlink()
    else:
        record.write_text({"array": "[]", "truncated": record.read_text()[:40]}[damage])
    assert not run_stage(tmp_path, "step", {}, ["out"], work).again
    assert work.done == 2


def test_interrupted_step_is_done_again(tmp_path: Path) -> None:
    work = Work(tmp_path)
    run_stage(tmp_path, "step", {"a": "1"}, ["out"], work)

    def interrupted() -> None:
        work()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stage(tmp_path, "step", {"a": "2"}, ["out"], interrupted)
    # Neither the old inputs nor the new ones have made what is there now.
    assert not run_stage(tmp_path, "step", {"a": "1"}, ["out"], work).again
