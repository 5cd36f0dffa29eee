"""The fit, and the errors of models on what they were not fitted on."""

from dataclasses import replace

import numpy as np
import pytest

from isomac.resources.fit import fit_weights
from isomac.resources.samples import Sample
from isomac.resources.validation import errors, exact, held_out, interval, with_intervals
from tests.sw.sweep.rows import row

RNG = np.random.default_rng(1)


def test_weights_are_found() -> None:
    rows = [dict(zip("abc", RNG.uniform(1, 9, 3), strict=True)) for _ in range(20)]
    values = [2 * r["a"] + 0.5 * r["b"] for r in rows]
    found = fit_weights(rows, values, prior=1e-12)
    assert found == pytest.approx({"a": 2, "b": 0.5, "c": 0}, abs=1e-3)


def test_without_evidence_weights_are_alike() -> None:
    rows = [{"a": n, "b": n, "c": 0.0} for n in range(1, 9)]
    found = fit_weights(rows, [6.0 * n for n in range(1, 9)])
    assert found["a"] == pytest.approx(found["b"])
    assert found["a"] == pytest.approx(3, rel=0.01)
    assert found["c"] == pytest.approx(3, rel=0.01)


def test_no_weight_is_negative() -> None:
    rows = [dict(zip("ab", RNG.uniform(1, 9, 2), strict=True)) for _ in range(20)]
    found = fit_weights(rows, [3 * r["a"] - 0.2 * r["b"] + 3 for r in rows], prior=1e-9)
    assert min(found.values()) >= 0


def samples(noise: float) -> list[Sample]:
    """Return samples of 30 accelerators whose figures follow the features, but for noise."""
    found = []
    for place in range(30):
        x, y = RNG.uniform(100, 900, 2)
        lut, ff, period = (1 + noise * RNG.uniform(-1, 1, 3)) * (x + y, 2 * x, 10 + x / 100)
        found.append(
            Sample(
                row=row(
                    f"n{place}@t",
                    lut=round(lut * 10),
                    lut_synthesized=round(lut * 10),
                    ff=round(ff * 10),
                    fmax=1000 / period,
                ),
                logic="ecp5",
                speed="ecp5",
                luts={"x": 10 * x, "y": 10 * y},
                registers={"x": 10 * x},
                period={"x": x / 100, "base": 10},
                blocks=(8, 3 if place else 4),
            )
        )
    return found


def test_errors_of_what_was_held_out() -> None:
    given = samples(0.03)
    points = held_out(given)
    assert sorted(p.sample.row.name for p in points) == sorted(s.row.name for s in given)
    found = {e.resource: e for e in errors(points)}
    assert {*found} == {"lut", "ff", "fmax"}
    for e in found.values():
        assert e.points == 30
        assert 0.005 < e.mean < 0.03
        assert e.mean < e.worst < 0.1
    assert found["fmax"].inside is not None
    assert 0.8 < found["fmax"].inside <= 1
    assert exact(given) == {("ecp5", "dsp"): (30, 30), ("ecp5", "bram"): (29, 30)}


def test_an_accelerator_is_held_out_on_all_targets() -> None:
    given = samples(0.0)
    # The same hardware on another device, with figures that no model can know.
    odd = given[7]
    wrong = [
        replace(odd, row=replace(odd.row, name=f"n7@{place}", lut_synthesized=odd.row.lut * 3))
        for place in range(3)
    ]
    points = held_out(given[:7] + given[8:] + wrong)
    predicted = {p.sample.row.name: p.predicted["lut"] for p in points}
    for place in range(3):
        assert predicted[f"n7@{place}"] == pytest.approx(odd.row.lut, rel=0.02)


@pytest.mark.parametrize(
    ("count", "place"), [(1, 0), (9, 0), (18, 0), (19, 0), (40, 1), (100, 4), (199, 9)]
)
def test_interval(count: int, place: int) -> None:
    low, high = interval([float(n) for n in range(count)][::-1])
    assert (low, high) == (place, count - 1 - place)


def test_intervals_are_put_into_the_models() -> None:
    points = held_out(samples(0.03))
    model = with_intervals({"logic": {}, "speed": {"ecp5": {"period": {}}}}, points)
    speed = model["speed"]["ecp5"]
    assert 0.9 < speed["low"] < 1 < speed["high"] < 1.1
