"""Builds a C program with the driver, and the accelerator of a bundle as the board it runs on.

.venv/bin/python examples/driver/simulate.py BUNDLE classify
./classify images.bin          in the folder of the bundle, whose memory images it reads
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from isomac_cosim.bundle import open_bundle
from isomac_cosim.toolchain import build_environment, find_compiler, make_variables

HERE = Path(__file__).resolve().parent
#: What the driver and the programs of this project are compiled with.
C_FLAGS = ("-x", "c", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1")


def build_program(
    bundle: Path,
    main: Path,
    program: Path,
    *,
    board: Path = HERE / "verilated_axi.cpp",
    optimization: str = "-O1",
) -> None:
    """Build `program` from the C file `main`, the driver in a bundle, and its Verilog.

    Parameters
    ----------
    bundle: its Verilog is checked before it becomes a program.
    main: the C file with the function `main`.
    program: what to write.
    board: the C++ file that drives the Verilated accelerator.
    optimization: of the simulation.
    """
    bundle = open_bundle(bundle).folder
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        objects = []
        for source in (bundle / "isomac.c", main):
            target = work / f"{source.stem}.o"
            include = (f"-I{bundle}", f"-I{HERE}")
            _run([find_compiler(), *C_FLAGS, *include, "-c", str(source), "-o", str(target)])
            objects.append(str(target))
        _verilate(bundle, work, [*objects, str(board)], optimization)
        program.parent.mkdir(parents=True, exist_ok=True)
        (work / "build" / "Vaccelerator").replace(program)


def _verilate(bundle: Path, work: Path, sources: list[str], optimization: str) -> None:
    """Build the program from the Verilog and everything else."""
    # The make rules of the wheel call `python`.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    environment = build_environment(dict(os.environ) | {"PATH": path})
    build = work / "build"
    options = ("--cc", "--exe", "-O3", "--no-timing", "--no-assert", "-Wno-fatal", "-Wno-lint")
    flags = ("--x-assign", "fast", "--x-initial", "fast", "-CFLAGS", f"-I{bundle} -I{HERE}")
    place = ("--top-module", "accelerator", "--Mdir", str(build))
    files = (str(bundle / "accelerator.v"), *sources)
    _run(["verilator", *options, *flags, *place, *files], environment)
    make = ["make", "-s", "-C", str(build), "-f", "Vaccelerator.mk", *make_variables(trace=False)]
    _run([*make, f"OPT_FAST={optimization}", "OPT_GLOBAL=-O0"], environment)


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(  # noqa: S603 - compilers of this machine
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def main() -> int:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path, help="of `isomac build --interface axi`")
    parser.add_argument("program", type=Path, help="what to write")
    parser.add_argument("--main", type=Path, default=HERE / "classify.c", help="the user's program")
    arguments = parser.parse_args()
    build_program(arguments.bundle, arguments.main, arguments.program)
    return 0


if __name__ == "__main__":
    sys.exit(main())
