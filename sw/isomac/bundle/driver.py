"""The C files of a bundle whose accelerator sits behind a bus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import isomac
from isomac.compile.program import Program
from isomac.compile.work import View
from isomac.graph.tensor import Tensor
from isomac_cosim.images import load_packet
from isomac_hw.core_memories import memory_targets
from isomac_hw.interfaces.ports import beat_bytes
from isomac_hw.interfaces.register_text import c_header

#: Of the driver, besides the registers.
SOURCES = ("isomac.h", "isomac.c")
REGISTERS, NETWORK, PROGRAM = "isomac_registers.h", "isomac_network.h", "isomac_program.h"
_PER_LINE = 12


def driver_files(program: Program, interface: str) -> dict[str, str]:
    """The driver and what it has to know of a program, by file name; nothing without a bus.

    `isomac_network.h` says where the values of inputs and outputs lie, and `isomac_program.h` holds
    what fills the memories of a programmable accelerator.
    """
    if interface == "stream":
        return {}
    files = {name: (_folder() / name).read_text(encoding="ascii") for name in SOURCES}
    files[REGISTERS] = c_header()
    files[NETWORK] = _network(program)
    if program.parameters.mode == "programmable":
        files[PROGRAM] = _program(program)
    return files


@cache
def _folder() -> Path:
    """Where the sources of the driver are: in an installed package, or in the checkout."""
    package = Path(isomac.__file__).parent
    return next(path for path in (package / "driver", package.parent / "driver") if path.is_dir())


def _network(program: Program) -> str:
    """The header with the sizes and the tensors of the program's network."""
    graph, lanes = program.graph, program.parameters.channel_lanes
    pitch = beat_bytes(lanes)
    lines = [
        f"/* {_plain(graph.name)}, sha256 {graph.sha256}: written by isomac. */",
        "#ifndef ISOMAC_NETWORK_H",
        "#define ISOMAC_NETWORK_H",
        "",
        '#include "isomac.h"',
        "",
        f"#define ISOMAC_NETWORK_INPUT_WORDS {program.input_words}u",
        f"#define ISOMAC_NETWORK_OUTPUT_WORDS {program.output_words}u",
        "/* Bytes from a word to the next in the buffers of an inference, and of these. */",
        f"#define ISOMAC_NETWORK_WORD_PITCH {pitch}u",
        f"#define ISOMAC_NETWORK_INPUT_BYTES {program.input_words * pitch}u",
        f"#define ISOMAC_NETWORK_OUTPUT_BYTES {program.output_words * pitch}u",
        f"#define ISOMAC_NETWORK_INPUTS {len(graph.inputs)}u",
        f"#define ISOMAC_NETWORK_OUTPUTS {len(graph.outputs)}u",
        "",
    ]
    first = 0
    entries: list[str] = []
    for number, (name, (view, _)) in enumerate(zip(graph.inputs, program.inputs, strict=True)):
        layout = view.layout
        # The channels of a single plane come in their own order, without gaps.
        slots = tuple(range(layout.channels)) if layout.planes == 1 else layout.slots
        array = f"isomac_input_{number}_slots"
        lines += _slots(array, slots)
        entry = _entry(graph.tensor(name), view, first, layout.packed_channels, slots, array)
        entries.append(entry)
        first += -(-layout.words * layout.packed_channels // lanes)
    lines += _tensors("isomac_inputs", "ISOMAC_NETWORK_INPUTS", entries)
    first = 0
    entries = []
    for number, (name, (view, _)) in enumerate(zip(graph.outputs, program.outputs, strict=True)):
        array = f"isomac_output_{number}_slots"
        lines += _slots(array, view.layout.slots)
        entries.append(_entry(graph.tensor(name), view, first, lanes, view.layout.slots, array))
        first += view.layout.words
    lines += _tensors("isomac_outputs", "ISOMAC_NETWORK_OUTPUTS", entries)
    return "\n".join([*lines, "#endif", ""])


def _entry(
    tensor: Tensor, view: View, first: int, pixel_bytes: int, slots: tuple[int, ...], array: str
) -> str:
    """The initializer of an `isomac_tensor`."""
    layout = view.layout
    values = (
        f'"{_plain(tensor.name)}"',
        f"{layout.channels}u, {layout.height}u, {layout.width}u",
        f"{first}u",
        f"{pixel_bytes}u",
        "NULL" if _in_order(slots) else array,
        str(tensor.zero_point),
    )
    return f"    {{{', '.join(values)}}}, /* scale {tensor.scale!r} */"


def _tensors(name: str, count: str, entries: list[str]) -> list[str]:
    return [f"static const isomac_tensor {name}[{count}] = {{", *entries, "};", ""]


def _slots(name: str, slots: tuple[int, ...]) -> list[str]:
    """The array of a tensor's slots, unless they are in order."""
    if _in_order(slots):
        return []
    return [f"static const uint32_t {name}[{len(slots)}] = {{", *_rows(map(str, slots)), "};"]


def _in_order(slots: tuple[int, ...]) -> bool:
    return slots == tuple(range(len(slots)))


def _program(program: Program) -> str:
    """The header with the packets for the load port."""
    words = [
        int(word)
        for index, target in enumerate(memory_targets(program.parameters))
        for word in load_packet(index, target.width, getattr(program.images, target.name))
    ]
    lines = [
        f"/* What fills the memories for {_plain(program.graph.name)}: written by isomac. */",
        "#ifndef ISOMAC_PROGRAM_H",
        "#define ISOMAC_PROGRAM_H",
        "",
        "#include <stdint.h>",
        "",
        f"#define ISOMAC_PROGRAM_WORDS {len(words)}u",
        "static const uint32_t isomac_program[ISOMAC_PROGRAM_WORDS] = {",
        *_rows(f"0x{word:08X}u" for word in words),
        "};",
        "",
        "#endif",
        "",
    ]
    return "\n".join(lines)


def _rows(values: Iterator[str]) -> list[str]:
    """Values in lines of a few each."""
    found = list(values)
    return [
        f"    {', '.join(found[start : start + _PER_LINE])},"
        for start in range(0, len(found), _PER_LINE)
    ]


def _plain(name: str) -> str:
    """A name without what could end a text or a comment in C."""
    return re.sub(r"[^A-Za-z0-9 _.,:()+=-]", "_", name)
