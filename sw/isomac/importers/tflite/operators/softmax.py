"""SOFTMAX."""

from __future__ import annotations

import math

import numpy as np

from isomac.graph.operators.newton_softmax import NewtonSoftmax
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.fixed_point import FRACTION_BITS, exp_on_negative_values, high_product
from isomac.importers.tflite.recipes import split
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value

#: Integer bits of the argument of the exponential.
_INTEGER_BITS = 31 - FRACTION_BITS
_MULTIPLIER_MAX = (1 << 31) - 1.0
#: Sums of exponentials from here on end the process in TFLite's reference kernel.
_SUM_LIMIT = 512


@operator("SOFTMAX", version=3, options="SoftmaxOptions")
def softmax(call: Call) -> Value:
    """The softmax over the last axis, with a table for the exponential."""
    call.require_output(call.tensor().shape)
    output = call.output_affine
    if output.zero_point != -128 or abs(float(output.scale) - 1 / 256) > 0.001 / 256:
        raise UnfitError("its output must have the scale 1/256 and the zero point -128")
    table = _exponentials(float(call.options["Beta"]) * float(call.affine().scale))
    channels = call.output.shape[-1] if call.output.shape else 1
    if channels >= _SUM_LIMIT:
        call.emitter.remarks.append(
            f"{call.operator.label}: TFLite's reference kernel stops where the exponentials of its"
            f" {channels} channels sum up to {_SUM_LIMIT}; here they are divided all the same"
        )
    return call.emit(NewtonSoftmax, [call.natural()], table=table)


def _exponentials(scale: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return exp(scale * difference) with 31 fractional bits for differences from -255 to 0."""
    ratio = min(scale * (1 << FRACTION_BITS), _MULTIPLIER_MAX)
    if not ratio > 1:
        raise UnfitError(f"beta times the scale of its input is {scale!r}, which is too small")
    multiplier, left = split(ratio)
    # Differences whose argument would not fit its integer bits count as 0.
    least = -math.floor(((1 << _INTEGER_BITS) - 1) * (1 << FRACTION_BITS) / (1 << left))
    return np.array(
        [
            exp_on_negative_values(high_product(difference << left, multiplier))
            if difference >= least
            else 0
            for difference in range(-255, 1)
        ],
        np.int64,
    )
