"""The models: fitted on samples, and kept as numbers in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from isomac.resources.estimate import before_placement, weighed
from isomac.resources.fit import fit_weights
from isomac.resources.samples import Sample

#: Fewest samples that a model is fitted on.
SAMPLES_MIN = 5

#: What LUTs after placement are about: each LUT is one, and every other register has one more.
_PLACED = {"lut": 1.0, "ff": 0.5, "base": 1.0}

#: The models of logic and of speed by class, as in `coefficients.json`.
Models = dict[str, dict[str, dict[str, Any]]]


def fit_models(samples: Sequence[Sample]) -> Models:
    """Fit all models but for the intervals of the clock, which take points that were held out.

    Families are much alike: what is fitted on all of them together is what each is expected to be.
    """
    routed = _routed(samples)
    lut, ff = _luts(samples), _registers(samples)
    period = _period(routed) if routed else {}
    return {
        "logic": {
            name: {"lut": _luts(group, lut), "ff": _registers(group, ff), "placed": _placed(group)}
            for name, group in _groups(samples, lambda s: s.logic).items()
        },
        "speed": {
            name: {"period": _period(group, period)}
            for name, group in _groups(routed, lambda s: s.speed).items()
        },
    }


def _routed(samples: Iterable[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.row.fmax is not None]


def _groups(samples: Iterable[Sample], key: Callable[[Sample], str]) -> dict[str, list[Sample]]:
    """The samples by class, of those that have enough."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(key(sample), []).append(sample)
    return {name: groups[name] for name in sorted(groups) if len(groups[name]) >= SAMPLES_MIN}


def _luts(samples: Sequence[Sample], center: Mapping[str, float] | None = None) -> dict[str, float]:
    values = [sample.row.lut_synthesized for sample in samples]
    return fit_weights([sample.luts for sample in samples], values, center=center)


def _registers(
    samples: Sequence[Sample], center: Mapping[str, float] | None = None
) -> dict[str, float]:
    values = [sample.row.ff for sample in samples]
    return fit_weights([sample.registers for sample in samples], values, center=center)


def _placed(samples: Sequence[Sample]) -> dict[str, float]:
    """How LUTs after placement follow from those before, and from registers without one."""
    rows = [sample.row for sample in samples if sample.row.placed]
    if len(rows) < SAMPLES_MIN:
        return {"lut": 1.0, "ff": 0.0, "base": 0.0}
    before = [before_placement(row.lut_synthesized, row.ff) for row in rows]
    return fit_weights(before, [row.lut for row in rows], prior=1e-4, center=_PLACED)


def _period(
    samples: Sequence[Sample], center: Mapping[str, float] | None = None
) -> dict[str, float]:
    values = [1000 / sample.row.fmax for sample in samples if sample.row.fmax is not None]
    return fit_weights([sample.period for sample in samples], values, center=center)


def predicted(sample: Sample, models: Models) -> dict[str, float]:
    """Return what the models say of a sample: `lut`, `ff`, and `fmax` if there is a model of it."""
    found: dict[str, float] = {}
    logic: Mapping[str, Any] | None = models["logic"].get(sample.logic)
    if logic is not None:
        lut, found["ff"] = (
            weighed(sample.luts, logic["lut"]),
            weighed(sample.registers, logic["ff"]),
        )
        placed = weighed(before_placement(lut, found["ff"]), logic["placed"])
        found["lut"] = placed if sample.row.placed else lut
    speed = models["speed"].get(sample.speed)
    if speed is not None:
        found["fmax"] = 1000 / weighed(sample.period, speed["period"])
    return found
