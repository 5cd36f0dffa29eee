"""The register map: no two things in one place, and every text of it is current."""

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from isomac_cosim.toolchain import find_compiler
from isomac_hw.errors import ErrorCode
from isomac_hw.interfaces.register_map import (
    ERROR_TEXTS,
    MAP_BYTES,
    PATIENCE,
    REGISTERS,
    Register,
    registers_of,
)
from isomac_hw.interfaces.register_text import FORMATS, c_header, markdown, python

ROOT = Path(__file__).resolve().parents[3]


def test_registers_lie_side_by_side() -> None:
    for before, after in pairwise(REGISTERS):
        assert before.offset + before.bytes <= after.offset
    assert REGISTERS[-1].offset + REGISTERS[-1].bytes <= MAP_BYTES
    for register in REGISTERS:
        # Windows are told by the upper bits of an address.
        assert register.bytes & (register.bytes - 1) == 0
        assert register.offset % register.bytes == 0


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.name)
def test_fields_lie_side_by_side(register: Register) -> None:
    for before, after in pairwise(register.fields):
        assert before.low + before.width <= after.low
    assert register.fields[-1].low + register.fields[-1].width <= 32


def test_which_registers_there_are() -> None:
    def names(interface: str, mode: str) -> set[str]:
        return {register.name for register in registers_of(interface, mode)}

    assert names("wishbone", "programmable") == {register.name for register in REGISTERS}
    assert names("wishbone", "programmable") - names("wishbone", "fixed") == {"LOAD"}
    assert names("wishbone", "fixed") - names("axi", "fixed") == {"INPUT", "OUTPUT"}


def test_every_error_is_explained() -> None:
    assert set(ERROR_TEXTS) == set(ErrorCode)


@pytest.mark.parametrize(
    ("path", "text"),
    [("docs/registers.md", markdown), ("sw/driver/isomac_registers.h", c_header)],
)
def test_the_committed_texts_are_current(path: str, text: object) -> None:
    assert callable(text)
    assert (ROOT / path).read_text(encoding="utf-8") == text()


def test_markdown_names_every_field() -> None:
    page = FORMATS["markdown"]()
    for register in REGISTERS:
        assert f"\n## {register.name}\n" in page
        for field in register.fields:
            assert f"| {field.name} | {field.access.value} | {field.text} |" in page
    assert "| 11:8 | error | read |" in page


def test_markdown_tells_how_long_wishbone_waits() -> None:
    (line,) = (line for line in markdown().splitlines() if line.endswith(" such cycles."))
    assert line == f"  after {PATIENCE:,} such cycles."


def test_c_and_python_have_the_same_constants(tmp_path: Path) -> None:
    names: dict[str, int] = {}
    exec(compile(python(), "registers.py", "exec"), {}, names)  # what it wrote itself
    del names["__doc__"]
    assert names["STATUS"] == 0x1C
    assert names["STATUS_ERROR_MASK"] == 0xF00
    assert names["ERROR_LOAD"] == ErrorCode.LOAD
    checks = "".join(
        f'_Static_assert(ISOMAC_{name} == {value}u, "{name}");\n' for name, value in names.items()
    )
    assert checks.count("_Static_assert") == c_header().count("#define ISOMAC_") - 1
    (tmp_path / "isomac_registers.h").write_text(c_header())
    source = tmp_path / "check.c"
    source.write_text(f'#include "isomac_registers.h"\n{checks}int main(void) {{ return 0; }}\n')
    command = [find_compiler(), "-x", "c", "-std=c11", "-Wall", "-Werror", "-c", str(source)]
    subprocess.run([*command, "-o", str(tmp_path / "check.o")], check=True)
