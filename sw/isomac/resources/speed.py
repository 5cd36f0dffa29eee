"""What the clock of a core depends on, from its parameters alone."""

from __future__ import annotations

import numpy as np

from isomac.resources.cores import AnyCores, Number, as_parameters
from isomac.targets import Target
from isomac_hw.output_stage import requantization


def speed_features(parameters: AnyCores) -> dict[str, Number]:
    """Return the features of the clock period, by name, in nanoseconds or something like them.

    Wires grow with the number of places that a signal goes to, trees of logic with its logarithm.
    """
    p = parameters
    return {
        "base": 10.0,
        "multipliers": np.log2(p.multipliers + 1) / 2,
        "word": np.log2(8 * p.channel_lanes) / 2,
        "banks": np.log2(p.banks) / 2,
        "address": (p.address_bits + p.weight_address_bits) / 10,
        "product": requantization(as_parameters(p)).product_bits / 20,
        "maximum": float(p.has("max")),
        "operands": float(p.has("add") or p.has("aligned_add")),
        "softmax": float(p.softmax is not None),
        "programmable": 2.0 * (p.mode == "programmable"),
    }


def speed_class(target: Target) -> str:
    """Return the name of the targets that are as fast as this one."""
    return "ecp5" if target.family == "ecp5" else target.name
