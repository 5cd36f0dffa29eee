"""A change of scale without a factor, as QUANTIZE and the activations have it."""

from __future__ import annotations

import numpy as np

from isomac.graph.operators.scale import Scale
from isomac.importers.tflite.call import Call
from isomac.importers.tflite.recipes import check_headroom, quantize_multiplier
from isomac.importers.tflite.values import Value

_DISTANCE_MAX = 255


def rescale(call: Call, value: Value, ratio: float, quant_min: int, quant_max: int) -> Value:
    """Append `clamp(ratio * (x - zp_in) + zp_out)`."""
    multiplier, shift = quantize_multiplier(ratio)
    check_headroom(_DISTANCE_MAX, shift)
    channels = value.tensor.shape[0]
    call.budget.take(0, channels)
    return call.emit(
        Scale,
        [value],
        factor=np.ones(channels, np.int32),
        multiplier=np.full(channels, multiplier, np.int64),
        shift=np.full(channels, shift, np.int64),
        rounding="double",
        quant_min=quant_min,
        quant_max=quant_max,
    )
