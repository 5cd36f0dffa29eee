"""The register map as text: Markdown for people, a C header, Python constants."""

from collections.abc import Iterator
from textwrap import wrap

from isomac_hw.errors import ErrorCode
from isomac_hw.interfaces.register_map import (
    ERROR_TEXTS,
    IDENTIFICATION,
    INTERFACE_CODES,
    MAJOR,
    MAP_BYTES,
    MINOR,
    PATIENCE,
    REGISTERS,
    Field,
    Register,
)

_SOURCE = "hw/isomac_hw/interfaces/register_map.py"
#: Columns of a comment.
_COLUMNS = 100
_INTRODUCTION = f"""\
# Registers

<!-- Written by `isomac registers`, from {_SOURCE}. -->

An accelerator behind AXI4-Lite or Wishbone has these registers of 32 bits, in an address range of
{MAP_BYTES} bytes. This is version {MAJOR}.{MINOR} of the map.

* Other addresses, and registers that an accelerator does not have, read as 0; what is written to
  them is ignored. Bits of no field read as 0.
* Byte strobes: bytes that are not selected stay as they are. LOAD and INPUT take whole words: a
  write with some of the strobes is refused, one with none does nothing.
* A refused access changes nothing and is answered by SLVERR on AXI, by `wb_err_o` on Wishbone.
* Wishbone only: an access to INPUT or OUTPUT that cannot be served yet stalls the bus. If the core
  does not run, or waits itself for its other stream, no wait would help: the access is refused
  after {PATIENCE:,} such cycles.
* Wishbone only: INPUT takes a word even before a start, and if one access of a burst is refused,
  the others happen all the same. Either may leave a part of an input inside, which CONTROL.reset
  forgets.
* `irq` is high while any bit of IRQ_STATUS is.
"""


def markdown() -> str:
    """The map as a Markdown page."""
    lines = [_INTRODUCTION, "| offset | register | what it is |", "|---|---|---|"]
    lines += [f"| {_where(r)} | [{r.name}](#{r.name.lower()}) | {r.text} |" for r in REGISTERS]
    for register in REGISTERS:
        lines += ["", f"## {register.name}", "", f"Offset {_where(register)}. {register.text}"]
        if register.programmable:
            lines += ["Programmable accelerators only."]
        if register.interface is not None:
            lines += [f"{register.interface.capitalize()} only; all addresses are the same."]
        lines += ["", "| bits | field | access | meaning |", "|---|---|---|---|"]
        lines += [
            f"| {_bits(f)} | {f.name} | {f.access.value} | {f.text} |" for f in register.fields
        ]
    lines += ["", "## Error codes", "", "| code | name | meaning |", "|---|---|---|"]
    lines += [f"| {code.value} | {code.name} | {ERROR_TEXTS[code]} |" for code in ErrorCode]
    return "\n".join([*lines, ""])


def c_header() -> str:
    """The map as a C header of macros."""
    lines = [
        "/* Registers of an isomac accelerator behind AXI4-Lite or Wishbone.",
        f" * Written by `isomac registers --format c`, from {_SOURCE}. */",
        "#ifndef ISOMAC_REGISTERS_H",
        "#define ISOMAC_REGISTERS_H",
        "",
    ]
    for name, value, text in _constants():
        lines += _comment(text, "/* ", " * ", " */")
        lines.append(f"#define ISOMAC_{name} {value}u")
    return "\n".join([*lines, "", "#endif", ""])


def python() -> str:
    """The map as a Python module of constants."""
    lines = [
        '"""Registers of an isomac accelerator behind AXI4-Lite or Wishbone.',
        "",
        f"Written by `isomac registers --format python`, from {_SOURCE}.",
        '"""',
        "",
    ]
    for name, value, text in _constants():
        lines += _comment(text, "#: ", "#: ")
        lines.append(f"{name} = {value}")
    return "\n".join([*lines, ""])


#: Functions that write the map, by what `isomac registers` calls them.
FORMATS = {"markdown": markdown, "c": c_header, "python": python}


def _constants() -> Iterator[tuple[str, str, str]]:
    """Name, value and meaning of each constant."""
    yield "ID_VALUE", f"0x{IDENTIFICATION:08X}", "What register ID reads."
    yield "VERSION_MAJOR", str(MAJOR), ""
    yield "VERSION_MINOR", str(MINOR), ""
    for interface, code in INTERFACE_CODES.items():
        yield f"INTERFACE_{interface.upper()}", str(code), ""
    for register in REGISTERS:
        yield register.name, f"0x{register.offset:03X}", register.text
        if register.bytes > 4:
            yield f"{register.name}_BYTES", f"0x{register.bytes:X}", ""
        if len(register.fields) == 1 and register.fields[0].width == 32:
            continue
        for field in register.fields:
            name = f"{register.name}_{field.name.upper()}"
            if field.width == 1:
                yield name, f"0x{1 << field.low:08X}", field.text
                continue
            yield f"{name}_SHIFT", str(field.low), field.text
            yield f"{name}_MASK", f"0x{((1 << field.width) - 1) << field.low:08X}", ""
    for code in ErrorCode:
        yield f"ERROR_{code.name}", str(code.value), ERROR_TEXTS[code]


def _comment(text: str, first: str, others: str, end: str = "") -> list[str]:
    """Lines of a comment; none for no text."""
    if not text:
        return []
    lines = wrap(text, _COLUMNS - len(end), initial_indent=first, subsequent_indent=others)
    return [*lines[:-1], lines[-1] + end]


def _where(register: Register) -> str:
    start = f"0x{register.offset:03X}"
    if register.bytes == 4:
        return start
    return f"{start} to 0x{register.offset + register.bytes - 4:03X}"


def _bits(field: Field) -> str:
    if field.width == 1:
        return str(field.low)
    return f"{field.low + field.width - 1}:{field.low}"
