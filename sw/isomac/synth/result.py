"""What is known of an accelerator on an FPGA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Use:
    """How much of a resource is used; `available` is what the device has."""

    used: int
    available: int

    @property
    def missing(self) -> int:
        """How much is short."""
        return max(0, self.used - self.available)


@dataclass(frozen=True)
class Component:
    """What the synthesized netlist has of each resource in one component; like ones are one."""

    name: str
    instances: int
    used: Mapping[str, int]


@dataclass(frozen=True)
class Segment:
    """A part of a path inside one component, or into it.

    Members
    -------
    component
        Where the logic is.
    cells
        Cells on the path, registers at its ends included.
    logic, routing
        Nanoseconds in cells, and in wires into and inside the component.
    signal
        The last wire of the segment, by which the place in the Verilog is found.
    """

    component: str
    cells: int
    logic: float
    routing: float
    signal: str


@dataclass(frozen=True)
class CriticalPath:
    """The slowest path from a register to a register."""

    nanoseconds: float
    logic: float
    routing: float
    segments: tuple[Segment, ...]

    def __str__(self) -> str:
        names = " -> ".join(dict.fromkeys(segment.component for segment in self.segments))
        return (
            f"{names}: {self.nanoseconds:.2f} ns, {self.logic:.2f} in cells and"
            f" {self.routing:.2f} in wires"
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """Figures of one run.

    Members
    -------
    target, title
        The FPGA.
    frequency
        MHz that were aimed at.
    placed
        Whether the design was placed and routed; else the figures are those of synthesis.
    resources
        By name; of place and route where it counts them, else of synthesis.
    harness
        What of that is the harness's, as synthesized.
    components
        The accelerator's, the largest first.
    fmax
        MHz, None if nothing was placed.
    critical_path
        None likewise.
    bitstream
        File name of the bitstream in the run's folder, None if there is none.
    problems
        Sentences on why the run is no success: what does not fit, by how much timing is missed.
    remarks
        What a reader must know of the figures.
    tools
        Versions by name.
    seconds
        By stage; of the run that did it, if the stage was finished already.
    """

    target: str
    title: str
    frequency: float
    placed: bool
    resources: Mapping[str, Use]
    harness: Mapping[str, int]
    components: tuple[Component, ...]
    fmax: float | None = None
    critical_path: CriticalPath | None = None
    bitstream: str | None = None
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    tools: Mapping[str, str]
    seconds: Mapping[str, float]

    @property
    def slack(self) -> float | None:
        """Nanoseconds that the slowest path is faster than it had to be."""
        return None if self.fmax is None else 1000 / self.frequency - 1000 / self.fmax

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for `synth.json`."""
        data = asdict(self)
        data["slack"] = None if self.slack is None else round(self.slack, 3)
        return data
