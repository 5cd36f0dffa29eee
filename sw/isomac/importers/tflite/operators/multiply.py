"""MUL by a constant."""

from __future__ import annotations

import numpy as np

from isomac.graph.operators.scale import Scale
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.constants import by_channel, operand_and_constant
from isomac.importers.tflite.recipes import check_headroom, quantize_multiplier
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value

_DISTANCE_MAX = 255


@operator("MUL", version=7, operands=(2, 2), options="MulOptions", elementwise=True)
def multiply(call: Call) -> Value:
    """A product with one number, or with one for each channel."""
    positions = operand_and_constant(call)
    if positions is None:
        raise UnfitError("one of its operands must be a constant")
    position, constant = positions
    factor = by_channel(call, constant)
    first, second = call.affine(0).scale, call.affine(1).scale
    # All in float32, in this order.
    ratio = float(first * second / call.output_affine.scale)
    multiplier, shift = quantize_multiplier(ratio)
    check_headroom(_DISTANCE_MAX * int(abs(factor).max()), shift)
    if factor.size == 1:
        value = call.value(position)
        factor = np.broadcast_to(factor, value.tensor.shape[:1])
    else:
        value = call.natural(position)
        if len(value.tensor.shape) == 1:
            factor = value.order.to_graph(factor)
    call.budget.take(0, len(factor))
    return call.emit(
        Scale,
        [value],
        factor=factor.astype(np.int32),
        multiplier=np.full(len(factor), multiplier, np.int64),
        shift=np.full(len(factor), shift, np.int64),
        rounding="double",
        **call.clamp(),
    )
