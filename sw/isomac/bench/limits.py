"""What the suite must reach: the one table of limits."""

from dataclasses import dataclass

#: Multipliers of the array that a shape may have, at most.
BUDGETS = (16, 72, 144)
#: Test inputs of each row, at least, for the row to count as a proof.
INPUTS = 4


@dataclass(frozen=True)
class Limit:
    """What one network must reach on one budget.

    Members
    -------
    cycles
        Of one inference, from the first input word accepted to the last output word accepted.
    bound
        Arithmetic: the best P x M within the budget; the sum over the layers of tiles *
        ceil(channels / M) * reduction length, and nothing else. A tile is any rectangle of up to P
        output pixels, another one for each layer, which no array of fixed tiles can be; but tiles
        of pointwise layers that are no rectangles may beat the bound.
    """

    cycles: int
    bound: int


#: By network and budget; networks of our own making have none.
LIMITS: dict[str, dict[int, Limit]] = {
    "resnet8": {
        16: Limit(800_000, 781_376),
        72: Limit(200_000, 191_046),
        144: Limit(100_000, 95_523),
    },
    "dscnn": {
        16: Limit(171_000, 166_064),
        72: Limit(42_000, 39_968),
        144: Limit(21_500, 19_984),
    },
    "mobilenet_v1_025": {
        16: Limit(500_000, 487_408),
        72: Limit(110_000, 104_272),
        144: Limit(61_000, 56_872),
    },
    "autoencoder": {
        16: Limit(17_200, 16_576),
        72: Limit(4_600, 4_112),
        144: Limit(2_600, 2_184),
    },
    "rn": {
        16: Limit(20_600, 19_208),
        72: Limit(6_500, 5_824),
        144: Limit(3_900, 3_304),
    },
}


def limit(network: str, budget: int) -> int | None:
    """Return the most cycles that a network may take on a budget, None if nothing is said."""
    found = LIMITS.get(network, {}).get(budget)
    return None if found is None else found.cycles
