"""How far a referee and the golden model agree."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Agreement:
    """What a referee found.

    Members
    -------
    name
        Of the referee, such as "litert".
    kernel_set
        Which of its kernels ran, such as "BUILTIN_REF", with the version.
    values
        Number of int8 values that were compared.
    differing
        Number of those that are not the same.
    largest
        The largest difference, in steps.
    not_judged
        What was left out, by name, with the reason.
    """

    name: str
    kernel_set: str
    values: int
    differing: int
    largest: int
    not_judged: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share of the values that differ, 0 to 1."""
        return self.differing / self.values if self.values else 0.0

    @property
    def exact(self) -> bool:
        """Whether there were values, and all were the same."""
        return self.values > 0 and self.differing == 0

    def to_json(self) -> dict[str, Any]:
        """Return the members as JSON has them."""
        return asdict(self)


Pair = tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]


def compare(
    name: str, kernel_set: str, pairs: Iterable[Pair], not_judged: Iterable[str] = ()
) -> Agreement:
    """Compare pairs of int8 arrays of the same shape: the referee's and the golden model's.

    Parameters
    ----------
    name, kernel_set, not_judged
        See `Agreement`.
    pairs
        Two int8 arrays each.

    Raises
    ------
    ValueError
        If the two of a pair differ in dtype or shape.
    """
    values, differing, largest = 0, 0, 0
    for expected, actual in pairs:
        if expected.shape != actual.shape or expected.dtype != np.int8 or actual.dtype != np.int8:
            raise ValueError(
                f"a pair must be int8 arrays of the same shape, not {expected.dtype}"
                f" {expected.shape} and {actual.dtype} {actual.shape}"
            )
        difference = np.abs(expected.astype(np.int16) - actual.astype(np.int16))
        values += difference.size
        differing += int(np.count_nonzero(difference))
        largest = max(largest, int(difference.max(initial=0)))
    return Agreement(name, kernel_set, values, differing, largest, tuple(not_judged))
