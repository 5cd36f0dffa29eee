"""The sweep on a cluster: every point once, whatever becomes of the processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from distributed import LocalCluster

from isomac.cli import main
from isomac.errors import IsomacError
from isomac.sweep import run
from isomac.sweep.outcome import Known, Unmade
from isomac.sweep.run import run_sweep
from isomac.sweep.table import Row, append_row, read_table, write_table
from tests.sw.sweep.rows import points, quick, row, waiting

ROOT = Path(__file__).resolve().parents[3]


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_worker_that_is_killed(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    killed: list[str] = []

    def kill() -> None:
        until(lambda: len([*marks.glob("*.begun")]) == 2)
        victim = sorted(marks.glob("*.begun"))[0].name
        name, pid, _ = victim.rsplit(".", 2)
        os.kill(int(pid), signal.SIGKILL)
        killed.append(name)
        # Another process, or the one that takes its place, begins with the point again.
        (marks / "go").touch()

    path = tmp_path / "sweep.csv"
    wanted = points(2) + points(9)[3:]
    killer = Thread(target=kill, daemon=True)
    killer.start()
    task = partial(waiting, folder=marks)
    outcomes = list(run_sweep(wanted, path, jobs=2, task=task))
    killer.join()
    names = sorted(point.name for point in wanted)
    assert sorted(outcome.name for outcome in outcomes) == names
    lines = path.read_text().splitlines()[1:]
    assert sorted(line.partition(",")[0] for line in lines) == names
    begun = [mark.name.rsplit(".", 2)[0] for mark in marks.glob("*.begun")]
    assert begun.count(killed[0]) == 2
    assert len(begun) == len(names) + 1


def test_resumption_on_a_cluster_with_an_address(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        address = cluster.scheduler_address
        first = list(run_sweep(points(2), path, scheduler=address, task=quick))
        assert {type(outcome) for outcome in first} == {Row}
        # An interruption has left half of a row.
        path.write_text(path.read_text() + path.read_text().splitlines()[1][:50])
        again = list(run_sweep(points(4), path, scheduler=address, task=quick))
    kinds = {outcome.name: type(outcome) for outcome in again}
    assert [kinds[point.name] for point in points(4)] == [Known, Known, Unmade, Row]
    assert {r.name for r in read_table(path)} == {points(4)[place].name for place in (0, 1, 3)}
    assert len(path.read_text().splitlines()) == 4


def test_rows_of_other_hardware_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    old = row(points(1)[0].name, key="older", lut=1)
    write_table(path, [old])
    (found,) = run_sweep(points(1), path, task=quick)
    assert isinstance(found, Row)
    assert read_table(path) == [row(old.name)]
    append_row(path, row("another"))
    list(run_sweep(points(1), path, task=quick))
    assert len(path.read_text().splitlines()) == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_what_was_finished_stays(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "sweep.csv"
    code = f"""
import sys
from functools import partial
from pathlib import Path
from isomac.cli import main
from isomac.sweep import command, run
from tests.sw.sweep.rows import endless, points
folder = Path({str(tmp_path)!r})
command.chosen_points = lambda *given: tuple(points(3))
command.run_sweep = partial(run.run_sweep, task=partial(endless, folder=folder))
if __name__ == "__main__":
    sys.exit(main(["sweep", {str(path)!r}, "--jobs", "2"]))
"""
    script = tmp_path / "script.py"
    script.write_text(code)
    environment = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, str(script)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: path.exists() and len(path.read_text().splitlines()) == 2)
    until(lambda: len([*tmp_path.glob("*.hangs")]) == 2)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    status = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[number]
    assert process.returncode == status, out + err
    assert "Traceback" not in out + err
    assert [found.name for found in read_table(path)] == [points(1)[0].name]
    for mark in tmp_path.glob("*.hangs"):
        until(partial(_is_gone, int(mark.stem)))


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # One that nobody has asked for its status.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_scheduler_that_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "TIMEOUT", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        assert main(["sweep", str(tmp_path / "s.csv"), "--scheduler", address]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"isomac: the Dask scheduler {address} cannot be reached within 1 s")
        assert len(said.splitlines()) == 1


def test_without_dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(IsomacError, match=r"needs Dask, .* pip install 'isomac\[sweep\]'"):
        list(run_sweep(points(1), tmp_path / "s.csv", task=quick))


def test_unknown_point(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", str(tmp_path / "s.csv"), "--point", "?"]) == 2
    assert "the sweep has no point '?'" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_damaged_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.csv"
    path.write_text("something else\n")
    assert main(["sweep", str(path)]) == 2
    assert "is no table of a sweep" in capsys.readouterr().err
    assert path.read_text() == "something else\n"
