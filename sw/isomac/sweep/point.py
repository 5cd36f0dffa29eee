"""A point of the sweep: one accelerator on one target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isomac.compile.search import Constraints


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """A network and the shape of what runs it.

    Members
    -------
    network
        Key of a network of `isomac.sweep.networks`.
    tile
        Rows and columns of the pixel lanes.
    channel_lanes, requant_lanes, banks
        M, R and B.
    mode
        `fixed` or `programmable`.
    overlap_input
        Whether the next input may arrive early.
    """

    network: str
    tile: tuple[int, int]
    channel_lanes: int
    requant_lanes: int
    banks: int
    mode: str = "fixed"
    overlap_input: bool = False

    @property
    def name(self) -> str:
        """A name that tells all of it, such as `rn-1x2x8-r2-b2`."""
        rows, columns = self.tile
        shape = f"{rows}x{columns}x{self.channel_lanes}-r{self.requant_lanes}-b{self.banks}"
        mode = "-programmable" if self.mode == "programmable" else ""
        return f"{self.network}-{shape}{mode}{'-overlap' if self.overlap_input else ''}"

    @property
    def constraints(self) -> Constraints:
        """What leaves the search but this shape."""
        from isomac.compile.search import Constraints

        rows, columns = self.tile
        return Constraints(
            multipliers=rows * columns * self.channel_lanes,
            tile=self.tile,
            channel_lanes=self.channel_lanes,
            requant_lanes=self.requant_lanes,
            banks=self.banks,
        )


@dataclass(frozen=True, kw_only=True)
class Point:
    """An accelerator on a target.

    Members
    -------
    accelerator, target
        The accelerator, and the name of the target.
    place
        Whether it is placed and routed; else it is only synthesized.
    seed
        Of the placement.
    """

    accelerator: Accelerator
    target: str
    place: bool
    seed: int = 1

    @property
    def name(self) -> str:
        """A name that tells all of it, such as `rn-1x2x8-r2-b2@ecp5-25f`."""
        seed = f"-seed{self.seed}" if self.seed != 1 else ""
        how = "" if self.place else "-synthesis"
        return f"{self.accelerator.name}@{self.target}{how}{seed}"
