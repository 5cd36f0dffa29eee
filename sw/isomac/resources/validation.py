"""How far the models are off on points that they were not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from isomac.resources.models import Models, fit_models, predicted
from isomac.resources.samples import Sample

#: Parts of the samples, each of which is held out once.
FOLDS = 10
#: The share of points that the interval of the clock is to hold.
COVERAGE = 0.9


@dataclass(frozen=True)
class HeldOut:
    """A sample, and what models say of it that were fitted without its accelerator."""

    sample: Sample
    predicted: dict[str, float]

    def error(self, resource: str) -> float | None:
        """The relative error of `lut`, `ff` or `fmax`; None where there is none."""
        found = getattr(self.sample.row, resource)
        if found is None or resource not in self.predicted:
            return None
        return float(self.predicted[resource] / found - 1)


@dataclass(frozen=True)
class Errors:
    """Errors of a model on held-out points.

    Members
    -------
    model, resource
        Class of the targets, and `lut`, `ff` or `fmax`.
    points
        How many there are.
    mean, worst
        Of the relative errors' sizes.
    inside
        Of the clock: the share of points in the interval that the others give. None of the others.
    """

    model: str
    resource: str
    points: int
    mean: float
    worst: float
    inside: float | None = None


def held_out(samples: Sequence[Sample], folds: int = FOLDS) -> list[HeldOut]:
    """Predict each sample with models fitted on the others.

    All samples of an accelerator, whatever the target, are held out together: they are the same
    hardware.
    """
    accelerators = sorted({sample.accelerator for sample in samples})
    fold = {name: place % folds for place, name in enumerate(accelerators)}
    found = []
    for part in range(folds):
        inside = [sample for sample in samples if fold[sample.accelerator] == part]
        models = fit_models([sample for sample in samples if fold[sample.accelerator] != part])
        found += [HeldOut(sample, predicted(sample, models)) for sample in inside]
    return found


def errors(points: Sequence[HeldOut]) -> list[Errors]:
    """Return the errors by model and resource."""
    found = []
    for resource, key in (("lut", "logic"), ("ff", "logic"), ("fmax", "speed")):
        by_model: dict[str, list[tuple[HeldOut, float]]] = {}
        for point in points:
            error = point.error(resource)
            if error is not None:
                by_model.setdefault(getattr(point.sample, key), []).append((point, error))
        for model, pairs in sorted(by_model.items()):
            sizes = [abs(error) for _, error in pairs]
            inside = _inside([p for p, _ in pairs]) if resource == "fmax" else None
            found.append(
                Errors(model, resource, len(pairs), sum(sizes) / len(sizes), max(sizes), inside)
            )
    return found


def exact(samples: Sequence[Sample]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return how many points `dsp` and `bram` are right for, of how many, by family of targets."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for sample in samples:
        row = sample.row
        for resource, rule, true in zip(
            ("dsp", "bram"), sample.blocks, (row.dsp, row.bram), strict=True
        ):
            right, of = found.get((sample.logic, resource), (0, 0))
            found[sample.logic, resource] = (right + (rule == true), of + 1)
    return found


def with_intervals(models: Models, points: Sequence[HeldOut]) -> Models:
    """Return models whose clocks have the interval that holds 9 of 10 held-out points."""
    speed: dict[str, Any] = {}
    for name, model in models["speed"].items():
        ratios = [ratio for p in points if p.sample.speed == name for ratio in _ratios([p])]
        low, high = interval(ratios)
        speed[name] = model | {"low": low, "high": high}
    return models | {"speed": speed}


def interval(ratios: Sequence[float]) -> tuple[float, float]:
    """Return the interval of true by predicted that holds 9 of 10 further points.

    It runs between two of the ratios found, with as many beyond either, or between the outermost.
    """
    ordered = sorted(ratios)
    if not ordered:
        return 1.0, 1.0
    beyond = len(ordered) - ceil((1 + COVERAGE) / 2 * (len(ordered) + 1))
    place = max(0, beyond)
    return ordered[place], ordered[len(ordered) - 1 - place]


def _ratios(points: Sequence[HeldOut]) -> list[float]:
    return [
        p.sample.row.fmax / p.predicted["fmax"]
        for p in points
        if p.sample.row.fmax is not None and "fmax" in p.predicted
    ]


def _inside(points: Sequence[HeldOut]) -> float:
    """The share of points that lie in the interval which the other accelerators give."""
    held = 0
    for point in points:
        others = [p for p in points if p.sample.accelerator != point.sample.accelerator]
        low, high = interval(_ratios(others))
        held += low <= _ratios([point])[0] <= high
    return held / len(points)
