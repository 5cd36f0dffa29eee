"""The report of place and route."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomac.errors import IsomacError
from isomac.synth.netlist import Scopes
from isomac.synth.result import CriticalPath, Segment, Use
from isomac.targets import Target


@dataclass(frozen=True)
class Timing:
    """What place and route found: MHz, the slowest path, and the resources that it counts."""

    fmax: float
    critical_path: CriticalPath
    resources: Mapping[str, Use]


def read_report(path: Path, target: Target, scopes: Scopes) -> Timing:
    """Read the report that nextpnr wrote as JSON.

    Raises
    ------
    IsomacError
        If it has no clock or no path.
    """
    return parse_report(json.loads(path.read_text(encoding="utf-8")), target, scopes)


def parse_report(report: Mapping[str, Any], target: Target, scopes: Scopes) -> Timing:
    """Take from a report what is wanted of it.

    Raises
    ------
    IsomacError
        If it has no clock or no path.
    """
    clocked = [
        path
        for path in report["critical_paths"]
        if path["from"] == path["to"] and path["from"].startswith("posedge ")
    ]
    if not report["fmax"] or not clocked:
        raise IsomacError("place and route has timed no path from a register to a register")
    slowest = max((_path(path["path"], scopes) for path in clocked), key=lambda p: p.nanoseconds)
    return Timing(
        fmax=min(clock["achieved"] for clock in report["fmax"].values()),
        critical_path=slowest,
        resources={
            name: Use(
                sum(report["utilization"].get(bel, {"used": 0})["used"] for bel in r.placed),
                r.count,
            )
            for name, r in target.resources.items()
            if r.placed
        },
    )


def _path(steps: list[dict[str, Any]], scopes: Scopes) -> CriticalPath:
    """A path: neighbours in the same component are one segment."""
    segments: list[Segment] = []
    cells: list[set[str]] = []
    for step in steps:
        cell = step["to"]["cell"]
        # Cells that place and route adds have names of its own: they belong to what is before them.
        added = cell.startswith("$nextpnr_") and segments
        component = segments[-1].component if added else scopes.component(cell)
        is_wire = step["type"] == "routing"
        if not segments or segments[-1].component != component:
            segments.append(Segment(component, 0, 0.0, 0.0, ""))
            cells.append(set())
        last = segments[-1]
        cells[-1].add(cell)
        segments[-1] = Segment(
            component,
            len(cells[-1]),
            last.logic + (0.0 if is_wire else step["delay"]),
            last.routing + (step["delay"] if is_wire else 0.0),
            step.get("net", last.signal),
        )
    rounded = tuple(
        Segment(s.component, s.cells, round(s.logic, 3), round(s.routing, 3), s.signal)
        for s in segments
    )
    logic, routing = sum(s.logic for s in segments), sum(s.routing for s in segments)
    return CriticalPath(round(logic + routing, 3), round(logic, 3), round(routing, 3), rounded)
