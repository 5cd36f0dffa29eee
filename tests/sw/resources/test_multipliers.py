"""How many hard multipliers a product takes: the rules against yosys."""

import json
from collections import Counter
from pathlib import Path

import pytest

from isomac.resources.multiplier_mapping import units_of
from isomac.resources.products import Factor
from isomac.targets import Target, target
from tests.sw.resources.synthesis import cells

#: Bits of a signed and of an unsigned factor: products of requantizers, and ones at the limits.
MIXED = ((8, 2), (11, 15), (11, 16), (16, 16), (6, 16), (19, 3), (22, 4), (22, 31), (3, 8), (2, 9))
#: Bits of two unsigned and of two signed factors.
UNSIGNED = ((17, 17), (17, 33), (16, 1), (13, 2), (25, 18), (16, 15))
SIGNED = ((8, 8), (18, 18), (4, 3), (5, 6))
CASES = (
    [(Factor(a, True), Factor(b, False)) for a, b in MIXED]
    + [(Factor(a, False), Factor(b, False)) for a, b in UNSIGNED]
    + [(Factor(a, True), Factor(b, True)) for a, b in SIGNED]
)


def verilog() -> str:
    """Return a module with all products, each as Amaranth writes it."""
    ports, lines = ["input clk"], []
    for place, (a, b) in enumerate(CASES):
        for name, factor in (("a", a), ("b", b)):
            sign = "signed " if factor.signed else ""
            ports.append(f"input {sign}[{factor.bits - 1}:0] {name}{place}_")
        ports.append(f"output reg [{a.bits + b.bits - 1}:0] y{place}_")
        mixed = a.signed != b.signed
        right = f"$signed({{1'h0, b{place}_}})" if mixed else f"b{place}_"
        lines.append(f"always @(posedge clk) y{place}_ <= a{place}_ * {right};")
    return f"module top({', '.join(ports)});\n" + "\n".join(lines) + "\nendmodule\n"


@pytest.mark.parametrize("name", ["ecp5-85f", "ice40-up5k", "gw2ar-18", "xc7a100t"])
def test_rule(name: str, tmp_path: Path) -> None:
    device = target(name)
    found: Counter[int] = Counter()
    for cell, kind in cells(verilog(), device, tmp_path).items():
        units = device.resources["dsp"].units(kind)
        if units:
            found[_place(cell, tmp_path, device)] += units
    assert [found[place] for place in range(len(CASES))] == [
        units_of(a, b, device.family) for a, b in CASES
    ]


def _place(cell: str, folder: Path, device: Target) -> int:
    """The product that a multiplier belongs to: the first factor or result at its ports."""
    netlist = json.loads((folder / "netlist.json").read_text())["modules"]["top"]
    bits = {
        bit: int(port[1:-1])
        for port, entry in netlist["ports"].items()
        if port != "clk"
        for bit in entry["bits"]
    }
    for connection in netlist["cells"][cell]["connections"].values():
        for bit in connection:
            if bit in bits:
                return bits[bit]
    raise AssertionError(cell)
