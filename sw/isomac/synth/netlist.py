"""Counts of the synthesized netlist, by component of the accelerator."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from isomac.synth.harness import INSTANCE, TOP
from isomac.synth.result import Component
from isomac.targets import Target

#: Component of everything that is not the accelerator's.
HARNESS = "harness"
#: The instance of the core, and what the names of its components begin with.
CORE = f"{INSTANCE}.core"
_PREFIX = f"{CORE}."
#: Instances that are nothing but the memory of the component around them.
_MEMORIES = ("memory", "bank")


class Scopes:
    """The module instances of the design, by which the place of a cell is known.

    yosys names a cell after the wire that it drives. What logic two components share is counted
    where that wire is.
    """

    def __init__(self, instances: Iterable[str]) -> None:
        self._places = {scope: _place(scope) for scope in instances}

    def place(self, cell: str) -> str:
        """Return the instance of a component that a cell is in; empty for the harness."""
        end = cell.rfind(".")
        while end > 0:
            scope = cell[:end]
            if scope in self._places:
                return self._places[scope]
            end = cell.rfind(".", 0, end)
        return ""

    def component(self, cell: str) -> str:
        """Return the component that a cell is in, such as `array.mac`."""
        return _component(self.place(cell))


@dataclass(frozen=True)
class Netlist:
    """The resources of a netlist.

    Members
    -------
    used, harness
        By resource: of everything, and of the harness alone.
    components
        Those of the accelerator, the largest first.
    scopes
        The instances of the design.
    """

    used: Mapping[str, int]
    harness: Mapping[str, int]
    components: tuple[Component, ...]
    scopes: Scopes


def read_netlist(path: Path, target: Target) -> Netlist:
    """Count the cells of a netlist that yosys wrote as JSON."""
    cells = json.loads(path.read_text(encoding="utf-8"))["modules"][TOP]["cells"]
    return count_cells({name: cell["type"] for name, cell in cells.items()}, target)


def count_cells(cells: Mapping[str, str], target: Target) -> Netlist:
    """Count cells, given by name and type."""
    scopes = Scopes(name for name, kind in cells.items() if kind == "$scopeinfo")
    counts: dict[str, Counter[str]] = {}
    instances: dict[str, set[str]] = {}
    units: dict[str, dict[str, int]] = {}
    for name, kind in cells.items():
        if kind == "$scopeinfo":
            continue
        if kind not in units:
            units[kind] = {key: r.units(kind) for key, r in target.resources.items()}
        component = scopes.component(name)
        counts.setdefault(component, Counter()).update(units[kind])
        instances.setdefault(component, set()).add(scopes.place(name))
    total: Counter[str] = Counter()
    for count in counts.values():
        total.update(count)
    harness = counts.pop(HARNESS, Counter())
    components = [
        Component(name, len(instances[name]), {key: count[key] for key in target.resources})
        for name, count in counts.items()
    ]
    components.sort(key=lambda part: (-part.used["lut"], -part.used["ff"], part.name))
    return Netlist(
        used={key: total[key] for key in target.resources},
        harness={key: harness[key] for key in target.resources},
        components=tuple(components),
        scopes=scopes,
    )


def _component(place: str) -> str:
    """The name of a place's component: without numbers, and without what all have in front."""
    if not place:
        return HARNESS
    path = place.removeprefix(_PREFIX)
    return "core" if path == CORE else ".".join(_kind(part) for part in path.split("."))


def _place(scope: str) -> str:
    """Where an instance counts: a memory in what it is the memory of, the outermost in the core."""
    parts = scope.split(".")
    if parts[0] != INSTANCE:
        return ""
    while _kind(parts[-1]) in _MEMORIES:
        parts.pop()
    return ".".join(parts) if len(parts) > 1 else CORE


def _kind(part: str) -> str:
    """The name of an instance without its numbers."""
    return re.sub(r"_?\d+(?:_\d+)*$", "", part)
