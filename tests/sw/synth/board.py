"""Simulates the netlist of a harness and its accelerator in Verilator, driven by its pins."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from isomac.synth.harness import TOP
from isomac_cosim.toolchain import build_environment, make_variables

MAIN = Path(__file__).with_name("board.cpp")


@dataclass(frozen=True)
class BoardRun:
    """Output words of one inference, and the line with its state at the end."""

    words: npt.NDArray[np.int8]
    state: str


def build_board(sources: list[Path], folder: Path) -> Path:
    """Build the simulator and return its path."""
    # The wheel's make rules call `python`.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    environment = build_environment(dict(os.environ) | {"PATH": path})
    build = folder / "build"
    run(
        ["verilator", "--cc", "--exe", "--no-timing", "--no-assert", "-Wno-fatal", "-Wno-lint"]
        + ["--x-initial", "fast", "--top-module", TOP, "--Mdir", str(build)]
        + [str(source) for source in sources]
        + [str(MAIN)],
        folder,
        environment,
    )
    run(
        ["make", "-s", "-f", f"V{TOP}.mk", *make_variables(trace=False), "OPT_FAST=-O0"],
        build,
        environment,
    )
    return build / f"V{TOP}"


def run_board(
    program: Path, words: npt.NDArray[np.int8], output_words: int, folder: Path
) -> BoardRun:
    """Run one inference on int8 (words, M); the word width is that of the output as well."""
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    path = folder / "input.txt"
    path.write_text("".join("".join(map(str, row)) + "\n" for row in bits))
    lines = run([str(program), str(path), str(output_words)], folder, None).splitlines()
    rows = np.array([[int(bit) for bit in line] for line in lines[:output_words]], np.uint8)
    return BoardRun(np.packbits(rows, axis=1, bitorder="little").view(np.int8), lines[-1])


def netlist_as_verilog(netlist: Path, target: Path) -> None:
    """Write the netlist that yosys has synthesized as Verilog."""
    code = f"""
import pyosys.libyosys as yosys
design = yosys.Design()
yosys.run_pass("read_json {netlist}", design)
yosys.run_pass("delete t:$scopeinfo", design)
yosys.run_pass("delete =A:whitebox =A:blackbox", design)
yosys.run_pass("write_verilog -noattr {target}", design)
"""
    run([sys.executable, "-c", code], netlist.parent, None)


def run(command: list[str], folder: Path, environment: dict[str, str] | None) -> str:
    """Run a command and return what it prints."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout
