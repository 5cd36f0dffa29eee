"""The estimate: exact where it is a matter of rules, fitted where it is one of logic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.resources.cores import AnyCores, Cores, Integers, Number
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
    lut, ff, dsp, bram, fmax = _figures(parameters, target, constant_bits)
    low = high = None
    if fmax is not None:
        fmax = float(fmax)
        speed = coefficients()["speed"][speed_class(target)]
        low, high = fmax * speed["low"], fmax * speed["high"]
    return Estimate(round(lut), round(ff), dsp, bram, fmax, low, high)


@dataclass(frozen=True, eq=False)
class Estimates:
    """What `Estimate` has, of many cores: arrays, which are broadcast against each other."""

    lut: Integers
    ff: Integers
    dsp: Integers
    bram: Integers
    fmax: npt.NDArray[np.float64] | None


def estimate_all(cores: Cores, target: Target) -> Estimates:
    """Estimate many cores at once, each as `estimate` would."""
    lut, ff, dsp, bram, fmax = _figures(cores, target, None)
    return Estimates(
        lut=np.rint(lut).astype(np.int64),
        ff=np.rint(ff).astype(np.int64),
        dsp=np.asarray(dsp),
        bram=np.asarray(bram),
        fmax=fmax,
    )


def _figures(
    cores: AnyCores, target: Target, constant_bits: Mapping[str, int] | None
) -> tuple[Number, Number, Number, Number, Number | None]:
    """LUTs, registers, hard multipliers, blocks and clock, which is None where no model has it."""
    has_multipliers = target.resources["dsp"].count > 0
    dsp, bram = blocks(
        cores, target.family, has_multipliers=has_multipliers, constant_bits=constant_bits
    )
    luts, registers = features(
        cores, target.family, has_multipliers=has_multipliers, constant_bits=constant_bits
    )
    models = coefficients()
    logic = models["logic"][logic_class(target)]
    ff = weighed(registers, logic["ff"])
    lut = weighed(before_placement(weighed(luts, logic["lut"]), ff), logic["placed"])
    speed = models["speed"].get(speed_class(target))
    fmax = None if speed is None else 1000 / weighed(speed_features(cores), speed["period"])
    return lut, ff, dsp, bram, fmax


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


def before_placement(lut: Number, ff: Number) -> dict[str, Number]:
    """Return what the LUTs after placement follow from: those before, and registers without one."""
    return {"lut": lut, "ff": ff, "base": 100.0}


def weighed(features: Mapping[str, Number], weights: Mapping[str, float]) -> Number:
    """Return the sum of the features, each times its weight."""
    return sum(value * weights[name] for name, value in features.items())
