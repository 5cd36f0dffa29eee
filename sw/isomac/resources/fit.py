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
    importance: Sequence[float] | None = None,
) -> dict[str, float]:
    """Return the weights, 0 or more, by which the features of each row add up to its value.

    The sum of squared relative errors is smallest, together with the squared distances of the
    weights from one that all of them would share.

    Parameters
    ----------
    rows
        Features by name, the same names in each.
    values
        More than 0.
    prior
        See `PRIOR`.
    importance
        Of each row; 1 if None.
    """
    from scipy.optimize import lsq_linear

    names = list(rows[0])
    weight = np.sqrt(np.ones(len(rows)) if importance is None else np.asarray(importance))
    target = np.asarray(values, np.float64)
    relative = _matrix(rows, names) / target[:, None]
    shared = float(1 / np.median(relative.sum(1)))
    pull = np.sqrt(prior) * np.eye(len(names)) / shared
    solution = lsq_linear(
        np.vstack([relative * weight[:, None], pull]),
        np.concatenate([weight, np.full(len(names), np.sqrt(prior))]),
        bounds=(0, np.inf),
        tol=1e-12,
    )
    return {name: float(value) for name, value in zip(names, solution.x, strict=True)}


def _matrix(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> npt.NDArray[np.float64]:
    return np.array([[float(row[name]) for name in names] for row in rows])
