"""Builds the simulator of a bundle, or finds it in the cache.

A simulator depends on the Verilog, not on the memory images: bundles that differ in weights only
share one. Its folder in the cache is named by a SHA-256 over everything it is made from.
"""

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from cocotb_tools.runner import VerilatorControlFile

from isomac_cosim.bundle import Bundle
from isomac_cosim.cache import entry_lock, mark_used, prune
from isomac_cosim.errors import CosimError
from isomac_cosim.runner import SIMULATOR, SimulatorRunner, build_flags, control_file
from isomac_cosim.runtime import RuntimeObjects
from isomac_cosim.toolchain import (
    cocotb_libraries,
    compiler_identity,
    make_variables,
    require_tools,
    tool_versions,
    verilator_root,
)


def cache_root() -> Path:
    """The folder of built simulators: $ISOMAC_CACHE, or `isomac` in the user's cache folder."""
    chosen = os.environ.get("ISOMAC_CACHE")
    if chosen:
        return Path(chosen).resolve()
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "isomac" / "simulators"


def build_simulator(bundle: Bundle, *, trace: bool = False, build_root: Path | None = None) -> Path:
    """The executable for a bundle, built unless the cache has it.

    Parameters
    ----------
    bundle: whose Verilog is to be simulated.
    trace: able to write a waveform.
    build_root: folder of the cache, by default `cache_root()`.

    Raises
    ------
    CosimError
        If a tool is missing or the Verilog does not build.
    """
    require_tools()
    root = cache_root() if build_root is None else build_root.resolve()
    for path in (root, verilator_root()):
        if any(character.isspace() for character in str(path)):
            raise CosimError(f"Verilator cannot build where a path has spaces: {path}.")
    root.mkdir(parents=True, exist_ok=True)
    folder = root / _key(bundle, trace)
    executable = folder / bundle.manifest.top
    fresh = False
    with entry_lock(folder):
        if not executable.is_file():
            fresh = True
            with tempfile.TemporaryDirectory(dir=root, prefix="build-") as work:
                built = _build(bundle, Path(work), trace, RuntimeObjects(root, trace=trace))
                staged = Path(work) / "staged"
                staged.mkdir()
                built.rename(staged / executable.name)
                # The rename is the one step that makes the simulator visible, complete as it is.
                staged.rename(folder)
        mark_used(folder)
    if fresh:
        prune(root)
    return executable


def _key(bundle: Bundle, trace: bool) -> str:
    """Hash of everything the simulator is made from."""
    digest = hashlib.sha256()

    def add(part: bytes) -> None:
        digest.update(len(part).to_bytes(8, "little") + part)

    for path in sorted(SIMULATOR.iterdir()):
        add(path.name.encode() + b"\0" + path.read_bytes())
    # Names of networks are in the comments.
    add(re.sub(rb"^//.*\n", b"", bundle.verilog.read_bytes(), flags=re.MULTILINE))
    texts = [
        control_file(bundle.manifest),
        bundle.manifest.top,
        compiler_identity(),
        str(verilator_root()),
        str(cocotb_libraries()),
        *build_flags(bundle.manifest, trace=trace),
        *make_variables(trace),
        *(f"{name} {number}" for name, number in sorted(tool_versions().items())),
    ]
    for text in texts:
        add(text.encode())
    return digest.hexdigest()[:32]


def _build(bundle: Bundle, work: Path, trace: bool, runtime: RuntimeObjects) -> Path:
    control = work / "ports.vlt"
    control.write_text(control_file(bundle.manifest), encoding="utf-8")
    log = work / "build.log"
    runner = SimulatorRunner(trace=trace, objects=runtime.files())
    try:
        runner.build(
            # Verilator takes control files only before the last Verilog source.
            sources=[VerilatorControlFile(control), bundle.verilog],
            hdl_toplevel=bundle.manifest.top,
            build_args=build_flags(bundle.manifest, trace=trace),
            build_dir=work / "build",
            timescale=("1ns", "1ps"),
            log_file=log,
        )
    except RuntimeError:
        raise CosimError(_complaint(bundle, log, work)) from None
    runtime.keep(work / "build")
    return work / "build" / bundle.manifest.top


def _complaint(bundle: Bundle, log: Path, work: Path) -> str:
    """One sentence about a failed build, with the first error of the log, which is kept."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if "rror" in line] or lines[-1:] or ["the log is empty"]
    kept = work.parent / f"{work.name}.log"
    shutil.copyfile(log, kept)
    return f"{bundle.verilog} does not build: {errors[0].strip()} (the log is {kept})."
