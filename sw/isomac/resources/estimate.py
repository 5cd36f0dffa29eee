"""The estimate: exact where it is a matter of rules, fitted where it is one of logic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from isomac.resources.features import blocks, features
from isomac.resources.speed import speed_class, speed_features
from isomac.targets import Target
from isomac_hw.parameters import AcceleratorParameters

COEFFICIENTS = "coefficients.json"


@dataclass(frozen=True)
class Estimate:
    """What an accelerator takes of a target, and how fast it will be.

    Members
    -------
    lut, ff, dsp, bram
        Of the target's resources, the harness of `isomac synth` included.
    fmax
        MHz, expected after place and route; None where no free tool routes the family.
    fmax_low, fmax_high
        The interval that holds 9 of 10 points of the sweep; None likewise.
    """

    lut: int
    ff: int
    dsp: int
    bram: int
    fmax: float | None
    fmax_low: float | None
    fmax_high: float | None


def estimate(
    parameters: AcceleratorParameters,
    target: Target,
    constant_bits: Mapping[str, int] | None = None,
) -> Estimate:
    """Estimate an accelerator on a target.

    Parameters
    ----------
    parameters
        Of the accelerator.
    target
        The FPGA.
    constant_bits
        Bits of ROM rows that are the same in every row, by image: from
        `isomac.resources.memories.constant_bits_of`. Without them a ROM may seem a block larger.
    """
    has_multipliers = target.resources["dsp"].count > 0
    dsp, bram = blocks(
        parameters, target.family, has_multipliers=has_multipliers, constant_bits=constant_bits
    )
    luts, registers = features(
        parameters, target.family, has_multipliers=has_multipliers, constant_bits=constant_bits
    )
    models = coefficients()
    logic = models["logic"][logic_class(target)]
    ff = weighed(registers, logic["ff"])
    lut = weighed(before_placement(weighed(luts, logic["lut"]), ff), logic["placed"])
    fmax = low = high = None
    speed = models["speed"].get(speed_class(target))
    if speed is not None:
        fmax = 1000 / weighed(speed_features(parameters), speed["period"])
        low, high = fmax * speed["low"], fmax * speed["high"]
    return Estimate(round(lut), round(ff), dsp, bram, fmax, low, high)


@cache
def coefficients() -> dict[str, Any]:
    """Return the fitted coefficients: those of logic, and those of speed."""
    text = (files("isomac.resources") / COEFFICIENTS).read_text(encoding="utf-8")
    return json.loads(text)


def logic_class(target: Target) -> str:
    """Return the name of the targets whose logic is counted alike.

    It is the family, but products are made of logic where the device has no multipliers.
    """
    return target.family if target.resources["dsp"].count else f"{target.family}-soft"


def before_placement(lut: float, ff: float) -> dict[str, float]:
    """Return what the LUTs after placement follow from: those before, and registers without one."""
    return {"lut": lut, "ff": ff, "base": 100.0}


def weighed(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the sum of the features, each times its weight."""
    return sum(value * weights[name] for name, value in features.items())
