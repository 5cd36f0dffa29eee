"""Fitting: how many LUTs and registers each feature really is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: How much a weight that is far from what the gateware says has to explain, in squares of relative
#: errors: without it, features that always come together would get weights of no meaning.
PRIOR = 1e-3


def fit_weights(
    rows: Sequence[Mapping[str, float]],
    values: Sequence[float],
    *,
    prior: float = PRIOR,
    center: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Return the weights, 0 or more, by which the features of each row add up to its value.

    The sum of squared relative errors is smallest, together with the squared distances of the
    weights from those of `center`, or from one that all of them share.

    Parameters
    ----------
    rows
        Features by name, the same names in each.
    values
        More than 0.
    prior
        See `PRIOR`.
    center
        Weights of the same features elsewhere, which are much like these but for a common factor.
    """
    from scipy.optimize import lsq_linear

    names = list(rows[0])
    target = np.asarray(values, np.float64)
    relative = _matrix(rows, names) / target[:, None]
    expected = np.ones(len(names)) if center is None else np.array([center[n] for n in names])
    expected /= np.median(relative @ expected)
    # Distances count in terms of a weight of usual size, since 0 is not nearer than twice as much.
    pull = np.sqrt(prior) / np.maximum(expected, expected.mean())
    solution = lsq_linear(
        np.vstack([relative, np.diag(pull)]),
        np.concatenate([np.ones(len(target)), pull * expected]),
        bounds=(0, np.inf),
        tol=1e-12,
    )
    return {name: float(value) for name, value in zip(names, solution.x, strict=True)}


def _matrix(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> npt.NDArray[np.float64]:
    return np.array([[float(row[name]) for name in names] for row in rows])
