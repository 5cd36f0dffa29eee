"""What the options of a command say about the shape of the array."""

from isomac.compile.search import MULTIPLIERS_MAX, Constraints
from isomac.errors import IsomacError


def read_constraints(
    multipliers: int | None,
    pixels: tuple[int, int] | None,
    channels: int | None,
    requant_lanes: int | None,
    banks: int | None,
) -> Constraints:
    """Return the constraints; None leaves a number to the search.

    An array whose lanes are all given is its own budget.

    Raises
    ------
    IsomacError
        If the lanes exceed the budget, or budget or lanes exceed `MULTIPLIERS_MAX`.
    """
    lanes = (pixels[0] * pixels[1] if pixels else 1) * (channels or 1)
    whole = pixels is not None and channels is not None
    if multipliers is None:
        multipliers = lanes if whole else Constraints().multipliers
    if max(lanes, multipliers) > MULTIPLIERS_MAX:
        raise IsomacError(
            f"an array must have at most {MULTIPLIERS_MAX:,} multipliers, not"
            f" {max(lanes, multipliers):,}"
        )
    if lanes > multipliers:
        raise IsomacError(
            f"the lanes asked for take {lanes:,} multipliers, and the budget is {multipliers:,}"
        )
    return Constraints(
        multipliers=multipliers,
        tile=pixels,
        channel_lanes=channels,
        requant_lanes=requant_lanes,
        banks=banks,
    )
