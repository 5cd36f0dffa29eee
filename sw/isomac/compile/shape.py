"""The shape of an array: what is searched over; all else follows from the network."""

from dataclasses import dataclass

from isomac.errors import IsomacError


@dataclass(frozen=True, kw_only=True, order=True)
class ArrayShape:
    """Lanes and banks of an accelerator; see `isomac_hw.parameters.AcceleratorParameters`.

    Parameters
    ----------
    tile_rows, tile_columns
        P = tile_rows * tile_columns pixel lanes.
    channel_lanes
        M.
    requant_lanes
        R, at most M.
    banks
        B, a power of two.

    Raises
    ------
    IsomacError
        If a number is out of range.
    """

    tile_rows: int
    tile_columns: int
    channel_lanes: int
    requant_lanes: int
    banks: int

    def __post_init__(self) -> None:
        for name in ("tile_rows", "tile_columns", "channel_lanes", "requant_lanes", "banks"):
            if getattr(self, name) < 1:
                raise IsomacError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.requant_lanes > self.channel_lanes:
            raise IsomacError(
                f"there must be at most as many requantization lanes as channel lanes "
                f"({self.channel_lanes}), not {self.requant_lanes}"
            )
        if self.banks & (self.banks - 1):
            raise IsomacError(f"the number of banks must be a power of two, not {self.banks}")

    @property
    def pixel_lanes(self) -> int:
        """P."""
        return self.tile_rows * self.tile_columns

    @property
    def multipliers(self) -> int:
        """P * M."""
        return self.pixel_lanes * self.channel_lanes

    @property
    def drain_steps(self) -> int:
        """Cycles in which the sums of one pixel leave the array."""
        return -(-self.channel_lanes // self.requant_lanes)
