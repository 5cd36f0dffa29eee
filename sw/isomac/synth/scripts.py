"""What the tools are told."""

from __future__ import annotations

from collections.abc import Sequence

from isomac.synth.harness import TOP
from isomac.targets import Target

HARNESS_FILE, NETLIST, SCRIPT = "harness.v", "netlist.json", "synthesis.ys"
REPORT, PINS = "timing.json", "pins.cst"

#: How the family's place and route names its results.
_ROUTED = {
    "nextpnr-ecp5": ("--textcfg", "routed.config"),
    "nextpnr-ice40": ("--asc", "routed.asc"),
    "nextpnr-himbaechel-gowin": ("--write", "routed.json"),
}
#: What makes it take pins where it likes.
_FREE_PINS = {
    "nextpnr-ecp5": ("--lpf-allow-unconstrained",),
    "nextpnr-ice40": ("--pcf-allow-unconstrained",),
    "nextpnr-himbaechel-gowin": ("--vopt", f"cst={PINS}"),
}


def synthesis_script(target: Target, verilog: str) -> str:
    """Return the script for yosys.

    Where a memory of the accelerator is read and written at one address in one cycle, what is read
    is not used: `no_rw_check` says so. Without it yosys makes of logic what block RAM does not do.
    """
    arguments = " ".join((target.synthesis_pass, *target.synthesis_arguments))
    return "\n".join(
        (
            f"read_verilog {HARNESS_FILE} {verilog}",
            "setattr -set no_rw_check 1 */m:*",
            f"{arguments} -top {TOP}",
            # Names of places in other files, which make most of the netlist's bytes.
            "setattr -unset src -unset module_not_derived -unset hdlname */*",
            f"write_json {NETLIST}",
            "",
        )
    )


def routed_file(target: Target) -> str:
    """Return the name of the file that place and route writes."""
    assert target.place_and_route is not None
    return _ROUTED[target.place_and_route.tool][1]


def place_arguments(target: Target, frequency: float, seed: int) -> tuple[str, ...]:
    """Return the arguments of place and route."""
    place = target.place_and_route
    assert place is not None
    return (
        *place.arguments,
        *_FREE_PINS[place.tool],
        *("--json", NETLIST, *_ROUTED[place.tool]),
        *("--report", REPORT, "--freq", f"{frequency:g}", "--seed", str(seed)),
        # A miss is reported with the path that causes it.
        "--timing-allow-fail",
    )


def pack_arguments(target: Target, bitstream: str) -> tuple[str, ...]:
    """Return the arguments of the packer."""
    pack = target.pack
    assert pack is not None
    routed = routed_file(target)
    if pack.tool == "gowin_pack":
        return (*pack.arguments, "-o", bitstream, routed)
    return (*pack.arguments, routed, bitstream)


def pin_constraints(target: Target, ports: Sequence[str]) -> str:
    """Return a pin for each port of the harness, one bit each, the clock on its own."""
    place = target.place_and_route
    assert place is not None
    free = iter(place.pins)
    lines = []
    for port in ports:
        pin = place.clock_pin if port == "clk" else next(free)
        lines.append(f'IO_LOC "{port}" {pin};')
    return "\n".join((*lines, ""))


def vivado_project(target: Target, verilog: str, images: Sequence[str], frequency: float) -> str:
    """Return a Tcl script for Vivado, which this program does not run."""
    files = " ".join((HARNESS_FILE, verilog))
    return f"""\
# Written by isomac for {target.title}; isomac has not run it.
# In this folder: vivado -mode batch -source vivado.tcl
create_project -in_memory -part {target.vivado_part}
read_verilog {{{files}}}
read_mem {{{" ".join(images)}}}
synth_design -top {TOP} -part {target.vivado_part}
create_clock -name clk -period {1000 / frequency:.3f} [get_ports clk]
opt_design
place_design
phys_opt_design
route_design
report_utilization -hierarchical -file vivado_utilization.txt
report_timing_summary -file vivado_timing.txt
report_timing -max_paths 20 -file vivado_paths.txt
# For a bitstream, give every port a pin and a standard first:
#   set_property -dict {{PACKAGE_PIN W5 IOSTANDARD LVCMOS33}} [get_ports clk]
# write_bitstream {TOP}.bit
"""
