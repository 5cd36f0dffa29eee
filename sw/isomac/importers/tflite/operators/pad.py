"""PAD and PADV2."""

from __future__ import annotations

from isomac.graph.limits import EXTENT_MAX
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Frame, Value


@operator("PAD", "PADV2", version=4)
def pad(call: Call) -> Value:
    """A border, which waits for an operator that can pad by itself."""
    channels, height, width = call.map_shape()
    amounts = call.tensor(1).constant("INT32", "INT64")
    if amounts.shape != (4, 2):
        raise UnfitError(f"its paddings must have the shape [4, 2], not {list(amounts.shape)}")
    batch, rows, columns, depth = amounts.tolist()
    if batch != [0, 0] or depth != [0, 0]:
        raise UnfitError("it pads the batch or the channels; rows and columns are accepted")
    if not all(0 <= amount <= EXTENT_MAX for amount in (*rows, *columns)):
        raise UnfitError(f"its paddings must be in [0, {EXTENT_MAX}]")
    call.require_same_quantization(0)
    call.require_output((1, sum(rows) + height, sum(columns) + width, channels))
    value = call.map()
    if not any((*rows, *columns)):
        return call.alias(value)
    frame = Frame((rows[0], columns[0], rows[1], columns[1]), _value(call))
    return call.alias(value, frame)


def _value(call: Call) -> int:
    """Return the byte of the border: the zero point, unless PADV2 says another."""
    if call.operator.code == "PAD":
        return call.output_affine.zero_point
    constant = call.tensor(2).constant("INT8")
    if constant.size != 1:
        raise UnfitError("its value must be one number")
    call.require_same_quantization(2)
    return int(constant.reshape(-1)[0])
