"""What is known of an FPGA: what it has, and which tools make a bitstream for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Resource:
    """One kind of thing that an FPGA has a number of.

    Members
    -------
    name
        `lut`, `ff`, `dsp`, `bram` or `spram`.
    count
        How many there are.
    placed
        Names under which place and route counts those that are used; empty if it does not.
    cells
        How many of them a cell of the synthesized netlist takes, by a pattern of its type.
    """

    name: str
    count: int
    placed: tuple[str, ...]
    cells: Mapping[str, int]

    def units(self, cell_type: str) -> int:
        """Return how many of the resource a cell takes."""
        for pattern, units in self.cells.items():
            if fnmatchcase(cell_type, pattern):
                return units
        return 0


@dataclass(frozen=True)
class MemoryBlock:
    """A memory of `bits` bits, which may have any of the `shapes` (rows, bits of a row)."""

    resource: str
    bits: int
    shapes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class MultiplierBlock:
    """A multiplier of two signed operands, which takes `units` of its resource."""

    resource: str
    operands: tuple[int, int]
    units: int


@dataclass(frozen=True)
class PlaceAndRoute:
    """The tool that places and routes, and what it is told of the device.

    `clock_pin` and `pins` are what it must be told of the package, where it chooses no pins itself;
    else None and empty.
    """

    tool: str
    arguments: tuple[str, ...]
    clock_pin: int | None
    pins: tuple[int, ...]


@dataclass(frozen=True)
class Pack:
    """The tool that makes a bitstream, and how its file name ends."""

    tool: str
    arguments: tuple[str, ...]
    ending: str


@dataclass(frozen=True)
class Target:
    """An FPGA.

    Members
    -------
    name, title
        For the command line, and for people.
    family
        `ecp5`, `ice40`, `gowin` or `xc7`.
    lut_inputs
        Inputs of a LUT.
    frequency
        MHz that place and route aims at unless the user says another.
    resources
        By their names.
    memories, multipliers
        Shapes of its block memories and multipliers.
    synthesis_pass, synthesis_arguments
        The pass of yosys.
    place_and_route, pack
        None where no free tool does it.
    vivado_part
        For Vivado; None for devices of other vendors.
    sources
        Where the figures are from.
    """

    name: str
    title: str
    family: str
    lut_inputs: int
    frequency: int
    resources: Mapping[str, Resource]
    memories: tuple[MemoryBlock, ...]
    multipliers: tuple[MultiplierBlock, ...]
    synthesis_pass: str
    synthesis_arguments: tuple[str, ...]
    place_and_route: PlaceAndRoute | None
    pack: Pack | None
    vivado_part: str | None
    sources: tuple[str, ...]
