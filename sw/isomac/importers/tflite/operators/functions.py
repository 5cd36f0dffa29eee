"""LOGISTIC and TANH: tables, which LiteRT computes in float32 and TFLite Micro in integers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from isomac.importers.tflite import series
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.recipes import round_half_away
from isomac.importers.tflite.tensor import Affine, UnfitError
from isomac.importers.tflite.unary import lookup
from isomac.importers.tflite.values import Value

#: Smallest scale of an output: all steps are exact in float32.
_SCALE_MIN = 2.0**-20
_LOGISTIC_SCALE = 1 / 256


@operator("LOGISTIC", version=3, elementwise=True)
def logistic(call: Call) -> Value:
    """1 / (1 + exp(-x))."""
    if float(call.output_affine.scale) != _LOGISTIC_SCALE:
        raise UnfitError(f"its output must have the scale 1/256, not {call.output_affine.scale}")
    if call.kernels == "tflm":
        return _series(call, "logistic", series.logistic)
    return _table(call, "logistic", _logistic)


@operator("TANH", version=3, elementwise=True)
def tanh(call: Call) -> Value:
    """The hyperbolic tangent."""
    if call.kernels == "tflm":
        return _series(call, "tanh", series.tanh)
    return _table(call, "tanh", lambda real: np.float32(math.tanh(real)))


def _logistic(real: np.float32) -> np.float32:
    # Beyond this, exp leaves float32 for infinity.
    power = math.exp(-real) if -real < 89 else math.inf
    with np.errstate(over="ignore"):
        return np.float32(1) / (np.float32(1) + np.float32(power))


def _series(call: Call, name: str, function: Callable[[int, Affine], int]) -> Value:
    call.require_output(call.tensor().shape)
    entry = call.affine()
    return lookup(call, call.value(), name, lambda byte: function(byte, entry))


def _table(call: Call, name: str, function: Callable[[np.float32], np.float32]) -> Value:
    call.require_output(call.tensor().shape)
    entry, output = call.affine(), call.output_affine
    if output.scale < _SCALE_MIN:
        raise UnfitError(f"its output has too small a scale, {float(output.scale)!r}")
    inverse = np.float32(1) / output.scale

    def result(byte: int) -> int:
        real = entry.scale * np.float32(byte - entry.zero_point)
        return round_half_away(float(function(real) * inverse)) + output.zero_point

    return lookup(call, call.value(), name, result)
