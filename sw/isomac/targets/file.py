"""Reads and checks the file of a target."""

from __future__ import annotations

import tomllib
from typing import Any

from isomac.errors import IsomacError
from isomac.targets.target import (
    MemoryBlock,
    MultiplierBlock,
    Pack,
    PlaceAndRoute,
    Resource,
    Target,
)
from isomac_cosim.document import DocumentError, Node

FAMILIES = ("ecp5", "ice40", "gowin", "xc7")
#: Resources in the order in which they are shown.
RESOURCES = ("lut", "ff", "dsp", "bram", "spram")
#: What every target has, be it none of it.
_NEEDED = RESOURCES[:4]
_KEYS = {
    *("title", "family", "lut_inputs", "frequency", "sources", "resources", "memories"),
    *("multipliers", "synthesis", "place_and_route", "pack", "vivado"),
}
_COUNT_MAX = 1 << 24


def parse_target(name: str, text: str) -> Target:
    """Return the target that a file describes.

    Parameters
    ----------
    name
        Of the target, that of its file.
    text
        The content of the file.

    Raises
    ------
    IsomacError
        If the text is no TOML, or something is missing, unknown or out of range.
    """
    try:
        return _target(name, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, DocumentError) as error:
        raise IsomacError(f"the file of target {name} cannot be used: {error}") from error


def _target(name: str, data: dict[str, Any]) -> Target:
    unknown = sorted(data.keys() - _KEYS)
    if unknown:
        raise DocumentError(f"{unknown[0]!r} is unknown")
    node = Node(data)
    resources = {
        key: _resource(key, entry) for key, entry in node["resources"].entries(len(RESOURCES))
    }
    for key in (*_NEEDED, *resources):
        if key not in resources or key not in RESOURCES:
            raise DocumentError(f"resources must be {', '.join(_NEEDED)} and at most spram")
    family = node["family"].text()
    if family not in FAMILIES:
        raise DocumentError(f"family must be one of {', '.join(FAMILIES)}, not {family!r}")
    synthesis, place, pack = node["synthesis"], node.get("place_and_route"), node.get("pack")
    vivado = node.get("vivado")
    memories = [_memory(entry) for entry in _list(node, "memories")]
    multipliers = [_multiplier(entry) for entry in _list(node, "multipliers")]
    for used in [m.resource for m in memories] + [m.resource for m in multipliers]:
        if used not in resources:
            raise DocumentError(f"there is no resource {used!r}")
    return Target(
        name=name,
        title=node["title"].text(),
        family=family,
        lut_inputs=node["lut_inputs"].integer(2, 8),
        frequency=node["frequency"].integer(1, 1000),
        resources={key: resources[key] for key in RESOURCES if key in resources},
        memories=tuple(memories),
        multipliers=tuple(multipliers),
        synthesis_pass=synthesis["pass"].text(),
        synthesis_arguments=_texts(synthesis, "arguments"),
        place_and_route=None if place is None else _place_and_route(place),
        pack=None if pack is None else _pack(pack),
        vivado_part=None if vivado is None else vivado["part"].text(),
        sources=tuple(entry.text() for entry in node["sources"].items(16)),
    )


def _resource(name: str, entry: Node) -> Resource:
    return Resource(
        name=name,
        count=entry["count"].integer(0, _COUNT_MAX),
        placed=_texts(entry, "placed"),
        cells={pattern: units.integer(1, 16) for pattern, units in entry["cells"].entries(64)},
    )


def _memory(entry: Node) -> MemoryBlock:
    bits = entry["bits"].integer(1, _COUNT_MAX)
    shapes = []
    for shape in entry["shapes"].items(16):
        rows, width = (side.integer(1, bits) for side in _two(shape))
        if rows * width > bits:
            raise DocumentError(f"{rows} rows of {width} bits are more than the {bits} of a memory")
        shapes.append((rows, width))
    return MemoryBlock(entry["resource"].text(), bits, tuple(shapes))


def _multiplier(entry: Node) -> MultiplierBlock:
    a, b = (operand.integer(1, 64) for operand in _two(entry["operands"]))
    return MultiplierBlock(entry["resource"].text(), (a, b), entry["units"].integer(1, 16))


def _place_and_route(entry: Node) -> PlaceAndRoute:
    clock = entry.get("clock_pin")
    pins = entry.get("pins")
    return PlaceAndRoute(
        tool=entry["tool"].text(),
        arguments=_texts(entry, "arguments"),
        clock_pin=None if clock is None else clock.integer(1, 9999),
        pins=() if pins is None else tuple(pin.integer(1, 9999) for pin in pins.items(512)),
    )


def _pack(entry: Node) -> Pack:
    return Pack(entry["tool"].text(), _texts(entry, "arguments"), entry["ending"].text())


def _list(node: Node, key: str) -> list[Node]:
    """The entries of a list that may be missing."""
    entry = node.get(key)
    return [] if entry is None else list(entry.items(16))


def _two(node: Node) -> tuple[Node, Node]:
    entries = list(node.items(2))
    if len(entries) != 2:
        raise DocumentError(f"two numbers are wanted, not {len(entries)}")
    return entries[0], entries[1]


def _texts(node: Node, key: str) -> tuple[str, ...]:
    """The texts of a list that may be missing."""
    return tuple(entry.text() for entry in _list(node, key))
