"""What memories become: the rules against yosys."""

from pathlib import Path

import numpy as np
import pytest

from isomac.resources.memories import Memory, constant_bits_of, memories
from isomac.resources.memory_mapping import map_memory
from isomac.targets import target
from isomac_hw.core_memories import Images
from tests.sw.resources.accelerators import parameters
from tests.sw.resources.synthesis import cells

#: Width and depth.
WRITTEN = ((32, 2352), (64, 256), (8, 3000), (120, 32), (24, 16), (16, 700), (4, 10))
ROMS = ((12, 2662), (55, 60), (237, 7), (8, 256), (72, 70), (5, 1025), (20, 300))


def verilog(shapes: tuple[tuple[int, int], ...], *, written: bool) -> str:
    """Return a module with memories and synchronous read ports, as a core has them."""
    rng = np.random.default_rng(1)
    ports, lines = ["input clk, we, en"], []
    for place, (width, depth) in enumerate(shapes):
        address = (depth - 1).bit_length() - 1
        ports.append(f"input [{address}:0] r{place}, output reg [{width - 1}:0] q{place}")
        lines.append(f"reg [{width - 1}:0] m{place}_ [{depth - 1}:0];")
        read = f"q{place} <= m{place}_[r{place}];"
        if written:
            ports.append(f"input [{address}:0] w{place}, input [{width - 1}:0] d{place}")
            lines.append(f"always @(posedge clk) if (we) m{place}_[w{place}] <= d{place};")
            lines.append(f"always @(posedge clk) if (en) {read}")
            continue
        lines.append(f"always @(posedge clk) {read}")
        lines.append("initial begin")
        for row in range(depth):
            bits = "".join(map(str, rng.integers(0, 2, width)))
            lines.append(f"  m{place}_[{row}] = {width}'b{bits};")
        lines.append("end")
    return f"module top({', '.join(ports)});\n" + "\n".join(lines) + "\nendmodule\n"


@pytest.mark.parametrize("name", ["ecp5-85f", "ice40-hx8k", "gw2ar-18", "xc7a100t"])
@pytest.mark.parametrize("written", [True, False], ids=["written", "rom"])
def test_rule(name: str, tmp_path: Path, *, written: bool) -> None:
    device = target(name)
    shapes = WRITTEN if written else ROMS
    found = [0] * len(shapes)
    for cell, kind in cells(verilog(shapes, written=written), device, tmp_path).items():
        units = device.resources["bram"].units(kind)
        if units:
            # A cell has the name of its memory.
            found[int(cell.partition("_")[0].lstrip("\\m"))] += units
    mappings = [
        map_memory(Memory("m", width, depth, written), device.family) for width, depth in shapes
    ]
    assert found == [m.units if m.resource == "bram" else 0 for m in mappings]
    assert len({m.resource for m in mappings}) > 1


def test_memories_of_a_core() -> None:
    p = parameters()
    found = {memory.name: memory for memory in memories(p)}
    assert found["activations"].count == p.banks
    assert found["activations"].width == 8 * p.channel_lanes
    assert found["weights"].depth == p.weight_depth
    assert not found["weights"].written
    assert not found["program"].unread


def test_bits_that_are_constant() -> None:
    p = parameters()
    images = Images(
        program=[0] * p.program_depth,
        weights=[5, 7, *[4] * (p.weight_depth - 2)],
        requant=[(1 << p.requant_row_bits) - 1],
    )
    found = constant_bits_of(p, images)
    assert found["program"] == p.job_layout.width
    assert found["weights"] == 8 * p.channel_lanes - 2
    # Rows of zeros fill the memory up.
    assert "requant" not in found
    narrow = {memory.name: memory for memory in memories(p, found)}
    assert "program" not in narrow
    assert narrow["weights"].width == 2
