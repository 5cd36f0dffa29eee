"""`make install` says what is missing before it downloads anything."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Imported by every interpreter that finds it: a Python without its shared library.
STATIC = """
import ctypes.util
import sysconfig

real = sysconfig.get_config_var
hidden = {"INSTSONAME": "libpython9.9.a", "LDLIBRARY": "libpython9.9.a"}
sysconfig.get_config_var = lambda name: hidden.get(name, real(name))
ctypes.util.find_library = lambda name: None
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_python_without_a_shared_library(checkout: Path) -> None:
    (checkout / "site").mkdir()
    (checkout / "site" / "sitecustomize.py").write_text(STATIC)
    run = subprocess.run(
        # Without an index, nothing could be installed.
        ["make", "install", f"PYTHON={sys.executable}", "PIP_FLAGS=--no-index"],
        cwd=checkout,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(checkout / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert run.stderr.splitlines()[0] == (
        "isomac needs Python's shared library for the simulator "
        f"(on Debian and Ubuntu: apt install libpython{version})."
    )
    assert run.returncode == 2
    assert not (checkout / ".venv").exists()


def test_python_with_one() -> None:
    """The same test of the interpreter that runs this, which has the library."""
    script = (ROOT / "Makefile").read_text().partition("define FIND_LIBPYTHON\n")[2]
    script = script.partition("endef\n")[0]
    subprocess.run([sys.executable, "-c", script], check=True)
