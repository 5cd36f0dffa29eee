"""Running tools: what their logs say, and what becomes of their errors."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from isomac.errors import IsomacError
from isomac.synth.run import failure_of, progress_of, run_tool, run_yosys, tool_version


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("2.35.4. Executing OPT_DFF pass (perform DFF optimizations).\n", "yosys OPT_DFF"),
        (
            "Info:     at iteration #7, type ALL: wirelen solved = 72613, spread = 205068, ...\n",
            "placing, 7",
        ),
        (
            "Info:   48000 |   5545      42454 |  293   707 |     61327|      10.99     116.54|\n",
            "routing, 61327 wires left",
        ),
        (
            "Info:     iter=3 wires=1024 overused=17 overuse=20 archfail=NA\n",
            "routing, 17 conflicts left",
        ),
        ("Info: Checksum: 0xa87ef4a9\n", None),
    ],
)
def test_progress(line: str, shown: str | None) -> None:
    assert progress_of(line) == shown


def test_failure() -> None:
    log = ["Info: placing", "ERROR: Unable to place cell 'x', no BELs remaining.", "0 warnings"]
    assert failure_of(log) == "Unable to place cell 'x', no BELs remaining"
    assert failure_of(["Traceback", "KeyError: 'x'", ""]) == "KeyError: 'x'"
    assert failure_of([]) == "it said nothing"


def test_yosys_that_fails(tmp_path: Path) -> None:
    (tmp_path / "script.ys").write_text("read_verilog missing.v\n")
    with pytest.raises(IsomacError) as error:
        run_yosys("script.ys", tmp_path, "log", lambda text: None)
    assert str(error.value).startswith("yosys failed: File `missing.v' not found")
    assert f"(all it said is in {tmp_path / 'log'})" in str(error.value)


def test_tool_that_fails(tmp_path: Path) -> None:
    with pytest.raises(IsomacError, match=r"^nextpnr-ice40 failed: .*missing\.json"):
        run_tool(
            "nextpnr-ice40",
            ("--up5k", "--json", "missing.json"),
            tmp_path,
            "log",
            lambda text: None,
        )


def test_tool_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isomac.synth.run._TOOLS", {"nextpnr-x": ("no-such-package", "", "")})
    with pytest.raises(IsomacError) as error:
        tool_version("nextpnr-x")
    sentence = "nextpnr-x is not installed; it comes with pip install 'isomac[fpga]'"
    assert str(error.value) == sentence


def test_tool_whose_caller_is_killed(tmp_path: Path) -> None:
    """It cannot be ended by its caller then, and may not run for hours alone."""
    mark = tmp_path / "pid"
    tool = f"import os, pathlib, time; pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))"
    tool += "; time.sleep(600)"
    call = (
        "from pathlib import Path; from isomac.synth import run; "
        f"run._run('tool', {tool!r}, (), Path({str(tmp_path)!r}), 'log', print)"
    )
    with subprocess.Popen([sys.executable, "-c", call], stdout=subprocess.DEVNULL) as caller:
        wait(lambda: mark.exists() and mark.read_text() != "")
        caller.kill()
    wait(lambda: not is_running(int(mark.read_text())))


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that nobody has asked for its status runs no more.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
