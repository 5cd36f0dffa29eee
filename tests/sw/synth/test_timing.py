"""Reading the report of place and route."""

from typing import Any

import pytest

from isomac.errors import IsomacError
from isomac.synth.netlist import Scopes
from isomac.synth.result import Use
from isomac.synth.timing import parse_report
from isomac.targets import target

SCOPES = Scopes(["accelerator", "accelerator.core", "accelerator.core.loader"])
LOADER, WORD = "accelerator.core.loader.r_x_LUT4_Z", "input_word_TRELLIS_FF_Q"
CLOCK = "posedge $glbnet$clk"


def step(kind: str, delay: float, cell: str, net: str | None = None) -> dict[str, Any]:
    ends = {"from": {"cell": "before", "port": "Q"}, "to": {"cell": cell, "port": "A"}}
    return {"type": kind, "delay": delay, **ends} | ({} if net is None else {"net": net})


def path(*steps: dict[str, Any], start: str = CLOCK, end: str = CLOCK) -> dict[str, Any]:
    return {"from": start, "to": end, "path": [*steps]}


SLOW = path(
    step("clk-to-q", 0.5, WORD),
    step("routing", 1.25, LOADER, "input_word[1]"),
    step("logic", 0.25, LOADER),
    step("routing", 1.0, "$nextpnr_LC_3", "loader.r_x"),
    step("logic", 0.25, "$nextpnr_LC_3"),
    step("routing", 2.0, "accelerator.core.busy_TRELLIS_FF_Q", "core.busy_D"),
    step("setup", 0.125, "accelerator.core.busy_TRELLIS_FF_Q"),
)
#: The last two must not be taken: one is shorter, one does not begin at a register.
REPORT = {
    "critical_paths": [
        SLOW,
        path(step("clk-to-q", 0.5, WORD), step("setup", 0.25, WORD)),
        path(step("source", 99.0, WORD), start="<async>"),
    ],
    "fmax": {"clk": {"achieved": 186.0, "constraint": 90.0}},
    "utilization": {
        "TRELLIS_COMB": {"used": 120, "available": 83640},
        "TRELLIS_FF": {"used": 77, "available": 83640},
        "MULT18X18D": {"used": 4, "available": 156},
        "DP16KD": {"used": 2, "available": 208},
    },
}


def test_resources_and_frequency() -> None:
    timing = parse_report(REPORT, target("ecp5-85f"), SCOPES)
    assert timing.fmax == 186.0
    assert timing.resources == {
        "lut": Use(120, 83640),
        "ff": Use(77, 83640),
        "dsp": Use(4, 156),
        "bram": Use(2, 208),
    }


def test_what_is_available_is_what_the_target_says() -> None:
    # The tool places on the whole die of a 12F.
    timing = parse_report(REPORT, target("ecp5-12f"), SCOPES)
    assert timing.resources["bram"].available == 32


def test_critical_path() -> None:
    found = parse_report(REPORT, target("ecp5-85f"), SCOPES).critical_path
    assert (found.nanoseconds, found.logic, found.routing) == (5.375, 1.125, 4.25)
    parts = [(s.component, s.cells, s.logic, s.routing, s.signal) for s in found.segments]
    assert parts == [
        ("harness", 1, 0.5, 0.0, ""),
        ("loader", 2, 0.5, 2.25, "loader.r_x"),
        ("core", 1, 0.125, 2.0, "core.busy_D"),
    ]
    assert str(found) == "harness -> loader -> core: 5.38 ns, 1.12 in cells and 4.25 in wires"


def test_resources_that_are_not_counted_are_left_to_synthesis() -> None:
    report = REPORT | {"utilization": {"ICESTORM_LC": {"used": 9, "available": 5280}}}
    timing = parse_report(report, target("ice40-up5k"), SCOPES)
    assert timing.resources["lut"].used == 9
    assert "ff" not in timing.resources


@pytest.mark.parametrize("change", [{"fmax": {}}, {"critical_paths": []}])
def test_nothing_timed(change: dict[str, Any]) -> None:
    with pytest.raises(IsomacError, match="has timed no path from a register to a register"):
        parse_report(REPORT | change, target("ecp5-85f"), SCOPES)
