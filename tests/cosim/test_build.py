"""Building and caching of simulators, and what is said when a tool is missing."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from isomac_cosim import build, toolchain
from isomac_cosim.build import build_simulator, cache_root
from isomac_cosim.bundle import Bundle, open_bundle
from isomac_cosim.errors import CosimError
from isomac_cosim.runner import control_file
from tests.cosim.standin.bundle import StandIn, rehash


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return open_bundle(StandIn().write(tmp_path / "bundle"))


@pytest.fixture
def root(tmp_path: Path, bundle: Bundle) -> Path:
    """A new cache that has Verilator's runtime library already."""
    build_simulator(bundle)
    root = tmp_path / "cache"
    root.mkdir()
    for folder in cache_root().glob("runtime-*"):
        shutil.copytree(folder, root / folder.name)
    return root


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders in which something was built."""
    folders: list[Path] = []
    real = build._build

    def counted(bundle: Bundle, work: Path, *arguments: Any) -> Path:
        folders.append(work)
        return real(bundle, work, *arguments)

    monkeypatch.setattr(build, "_build", counted)
    return folders


def test_simulator_is_built_once_and_leaves_nothing_else(
    bundle: Bundle, root: Path, builds: list[Path]
) -> None:
    first = build_simulator(bundle, build_root=root)
    before = first.stat()
    second = build_simulator(bundle, build_root=root)
    assert (first, len(builds)) == (second, 1)
    assert second.stat() == before
    assert os.access(first, os.X_OK)
    left = {path.name for path in root.iterdir() if not path.name.startswith("runtime-")}
    assert left == {first.parent.name, f"{first.parent.name}.lock"}


def test_parallel_requests_share_one_build(bundle: Bundle, root: Path, builds: list[Path]) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: build_simulator(bundle, build_root=root), range(3)))
    assert len(set(found)) == len(builds) == 1


def test_images_vectors_and_comments_do_not_matter_to_the_simulator(
    bundle: Bundle, tmp_path: Path
) -> None:
    folder = StandIn(seed=2, inputs=3).write(tmp_path / "other")
    path = folder / "accelerator.v"
    path.write_text("// Network: another\n" + path.read_text())
    rehash(folder)
    other = open_bundle(folder)
    assert build._key(other, False) == build._key(bundle, False)


@pytest.mark.parametrize("what", ["verilog", "ports", "trace", "compiler", "sources", "flags"])
def test_everything_else_does(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    before = build._key(bundle, False)
    trace = what == "trace"
    if what == "verilog":
        path = bundle.folder / "accelerator.v"
        path.write_text(path.read_text() + "\n")
    elif what == "ports":
        bundle = open_bundle(StandIn(programmable=True).write(tmp_path / "other"))
        assert "load_data" in control_file(bundle.manifest)
    elif what == "compiler":
        monkeypatch.setattr(build, "compiler_identity", lambda: "another")
    elif what == "sources":
        copy = tmp_path / "simulator"
        shutil.copytree(build.SIMULATOR, copy)
        (copy / "main.cpp").write_text("// changed")
        monkeypatch.setattr(build, "SIMULATOR", copy)
    elif what == "flags":
        monkeypatch.setattr(build, "build_flags", lambda manifest, trace: ["-O0"])
    assert build._key(bundle, trace) != before


def test_verilog_that_does_not_build(bundle: Bundle, root: Path) -> None:
    path = bundle.folder / "accelerator.v"
    path.write_text(path.read_text().replace("endmodule", "this is no Verilog\nendmodule"))
    rehash(bundle.folder)
    with pytest.raises(CosimError) as caught:
        build_simulator(bundle, build_root=root)
    message = str(caught.value)
    assert message.startswith(f"{path} does not build: %Error: {path}:")
    log = Path(message.partition("(the log is ")[2].removesuffix(")."))
    assert "syntax error" in log.read_text()


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"make"}, "Co-simulation needs make, and it is not on the PATH."),
        ({"perl"}, "Co-simulation needs perl, and it is not on the PATH."),
        (
            {"c++", "g++", "clang++"},
            "Co-simulation needs a C++ compiler, and none (c++, g++, clang++) is on the PATH.",
        ),
    ],
)
def test_missing_program(
    bundle: Bundle, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    missing: set[str], sentence: str,
) -> None:  # fmt: skip
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in {"make", "perl", "c++", "g++", "clang++"} - missing:
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(CosimError) as caught:
        build_simulator(bundle, build_root=root)
    assert str(caught.value) == sentence


def test_compiler_of_the_environment_is_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(CosimError, match=r"none \(no-such-compiler\) is on the PATH"):
        toolchain.find_compiler()


def test_python_without_a_shared_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "find_libpython", lambda: None)
    with pytest.raises(CosimError, match="needs Python as a shared library"):
        toolchain.require_tools()


def test_cache_in_a_path_with_spaces(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(CosimError, match="cannot build where a path has spaces: /"):
        build_simulator(bundle, build_root=tmp_path / "a b")


def test_place_of_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ISOMAC_CACHE", str(tmp_path))
    assert cache_root() == tmp_path
    monkeypatch.delenv("ISOMAC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_root() == Path("/somewhere/isomac/simulators")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_root() == Path.home() / ".cache/isomac/simulators"


def test_make_around_us_does_not_reach_the_build() -> None:
    around = {"MAKEFLAGS": "-n", "MAKELEVEL": "1", "PATH": "/bin", "HOME": "/root"}
    environment = toolchain.build_environment(around)
    assert "MAKEFLAGS" not in environment
    assert environment["HOME"] == "/root"
    first, last = environment["PATH"].split(os.pathsep)
    assert (Path(first) / "verilator_bin").is_file()
    assert last == "/bin"
