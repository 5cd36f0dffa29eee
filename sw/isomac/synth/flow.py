"""One run: a bundle on a target, step by step, with what is finished kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from isomac.bundle.folder import sha256
from isomac.errors import IsomacError
from isomac.synth.bus_harness import PINS as BUS_PINS
from isomac.synth.bus_harness import bus_harness
from isomac.synth.harness import TOP, harness, harness_ports
from isomac.synth.netlist import Netlist, read_netlist
from isomac.synth.result import Result, Use
from isomac.synth.run import Report, run_tool, run_yosys, tool_version
from isomac.synth.scripts import (
    HARNESS_FILE,
    NETLIST,
    PINS,
    REPORT,
    SCRIPT,
    pack_arguments,
    pin_constraints,
    place_arguments,
    routed_file,
    synthesis_script,
    vivado_project,
)
from isomac.synth.stage import run_stage
from isomac.synth.timing import read_report
from isomac.targets import Target
from isomac_cosim.bundle import Bundle
from isomac_hw.load_port import LOAD_BITS

_NOT_ROUTED = (
    "figures of synthesis: no free tool places and routes this family, so there is no Fmax"
)
_VIVADO = "vivado.tcl is written for Vivado and was not run"
_HARNESS = (
    "a harness is around the accelerator: every port behind a register, the streams as shift"
    " registers; the resources include it"
)
_BUS_HARNESS = (
    "a harness is around the accelerator: every port behind a register, the ports in two shift"
    " registers; the resources include it"
)


def synthesize(
    bundle: Bundle,
    target: Target,
    folder: Path,
    *,
    frequency: float | None = None,
    seed: int = 1,
    place: bool = True,
    report: Report = lambda text: None,
) -> Result:
    """Synthesize a bundle, place and route it, and make a bitstream, as far as tools exist.

    Parameters
    ----------
    bundle
        From `isomac_cosim.bundle.open_bundle`, by which it was checked.
    target
        The FPGA.
    folder
        For all files of the run. Steps that were finished there with the same inputs are not done
        again.
    frequency
        MHz to aim at; the target's if None. Only one that is given can be missed.
    seed
        Of the placement.
    place
        Whether to go on after synthesis.
    report
        Told what is being done.

    Raises
    ------
    IsomacError
        If a tool is not installed, or fails for another reason than that the design is too large.
    """
    aim = float(target.frequency) if frequency is None else frequency
    run = _Run(bundle, target, folder, aim, seed, report)
    routable = place and target.place_and_route is not None
    if routable:
        run.check_tools()
    netlist = run.synthesize()
    resources = {
        name: Use(netlist.used[name], resource.count) for name, resource in target.resources.items()
    }
    problems = _too_large(resources, target)
    remarks = [_HARNESS if bundle.manifest.interface == "stream" else _BUS_HARNESS]
    if target.place_and_route is None:
        remarks.append(_NOT_ROUTED)
    if target.vivado_part is not None:
        run.write_vivado()
        remarks.append(_VIVADO)
    fmax = critical_path = bitstream = None
    if routable and not problems:
        try:
            run.place_and_route()
        except IsomacError as error:
            if "unable to place" not in str(error).lower():
                raise
            problems.append(f"the accelerator does not fit {target.title}: {error}")
        else:
            timing = read_report(folder / REPORT, target, netlist.scopes)
            resources |= timing.resources
            fmax, critical_path = round(timing.fmax, 2), timing.critical_path
            if frequency is not None and fmax < frequency:
                problems.append(
                    f"timing is missed: {fmax:.1f} MHz of {frequency:g}, the slowest path takes"
                    f" {1000 / fmax - 1000 / frequency:.2f} ns too long"
                )
            bitstream = run.pack()
    return Result(
        target=target.name,
        title=target.title,
        frequency=aim,
        placed=fmax is not None,
        resources=resources,
        harness=netlist.harness,
        components=netlist.components,
        fmax=fmax,
        critical_path=critical_path,
        bitstream=bitstream,
        problems=tuple(problems),
        remarks=tuple(remarks),
        tools=run.tools,
        seconds=run.seconds,
    )


def _too_large(resources: dict[str, Use], target: Target) -> list[str]:
    """A sentence if something is short, with all that is."""
    short = [
        f"{use.used:,} {name.upper()} of {use.available:,}, {use.missing:,} too many"
        for name, use in resources.items()
        if use.missing
    ]
    return [f"the accelerator does not fit {target.title}: {'; '.join(short)}"] if short else []


class _Run:
    """The steps of a run and what they have in common."""

    def __init__(
        self,
        bundle: Bundle,
        target: Target,
        folder: Path,
        frequency: float,
        seed: int,
        report: Report,
    ) -> None:
        self._bundle, self._target, self._folder = bundle, target, folder
        self._frequency, self._seed, self._report = frequency, seed, report
        self.tools: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

    def check_tools(self) -> None:
        """Refuse to begin what cannot be finished."""
        place, pack = self._target.place_and_route, self._target.pack
        for tool in (place.tool if place else None, pack.tool if pack else None):
            if tool is not None:
                tool_version(tool)

    def synthesize(self) -> Netlist:
        """Make the netlist."""
        manifest = self._bundle.manifest
        if manifest.interface == "stream":
            load_bits = LOAD_BITS if manifest.mode == "programmable" else None
            wrapper = harness(manifest.top, manifest.word_bytes, load_bits)
        else:
            wrapper = bus_harness(manifest.top, manifest.interface, manifest.word_bytes)
        script = synthesis_script(self._target, manifest.verilog)
        names = (manifest.verilog, *self._images)
        inputs = {name: sha256(self._bundle.folder / name) for name in names}
        inputs |= {"harness": wrapper, "script": script}

        def work() -> None:
            for name in names:
                shutil.copyfile(self._bundle.folder / name, self._folder / name)
            (self._folder / HARNESS_FILE).write_text(wrapper, encoding="utf-8")
            (self._folder / SCRIPT).write_text(script, encoding="utf-8")
            run_yosys(SCRIPT, self._folder, "synthesis.log", self._report)

        self._stage("synthesis", "yosys", inputs, NETLIST, work)
        self._report("counting cells")
        return read_netlist(self._folder / NETLIST, self._target)

    def place_and_route(self) -> None:
        """Place and route the netlist."""
        place = self._target.place_and_route
        assert place is not None
        arguments = place_arguments(self._target, self._frequency, self._seed)
        manifest = self._bundle.manifest
        pins = ""
        if place.pins:
            ports = list(BUS_PINS)
            if manifest.interface == "stream":
                ports = harness_ports(manifest.mode == "programmable")
            pins = pin_constraints(self._target, ports)
        inputs = {
            "netlist": sha256(self._folder / NETLIST),
            "arguments": json.dumps(arguments),
            "pins": pins,
        }

        def work() -> None:
            if pins:
                (self._folder / PINS).write_text(pins, encoding="utf-8")
            run_tool(place.tool, arguments, self._folder, "place_and_route.log", self._report)

        self._stage(
            "place_and_route", place.tool, inputs, (routed_file(self._target), REPORT), work
        )

    def pack(self) -> str | None:
        """Make the bitstream; its file name, None if there is no tool for it."""
        pack = self._target.pack
        if pack is None:
            return None
        bitstream = f"{TOP}.{pack.ending}"
        arguments = pack_arguments(self._target, bitstream)
        inputs = {
            "routed": sha256(self._folder / routed_file(self._target)),
            "arguments": json.dumps(arguments),
        }
        self._stage(
            "bitstream",
            pack.tool,
            inputs,
            bitstream,
            lambda: run_tool(pack.tool, arguments, self._folder, "bitstream.log", self._report),
        )
        return bitstream

    def write_vivado(self) -> None:
        """Write the project for Vivado beside the sources that it reads."""
        text = vivado_project(
            self._target, self._bundle.manifest.verilog, self._images, self._frequency
        )
        (self._folder / "vivado.tcl").write_text(text, encoding="utf-8")

    @property
    def _images(self) -> tuple[str, ...]:
        return tuple(memory.file for memory in self._bundle.manifest.memories)

    def _stage(
        self,
        name: str,
        tool: str,
        inputs: dict[str, str],
        outputs: str | tuple[str, ...],
        work: Callable[[], None],
    ) -> None:
        """Do a step, and note its tool and how long it took."""
        self.tools[tool] = tool_version(tool)
        files = (outputs,) if isinstance(outputs, str) else outputs
        done = run_stage(self._folder, name, inputs | {"tool": self.tools[tool]}, files, work)
        self.seconds[name] = done.seconds
