"""PAD and PADV2."""

from __future__ import annotations

from isomac.graph.limits import EXTENT_MAX
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Frame, Value


@operator("PAD", version=4, operands=(2, 2))
def pad(call: Call) -> Value:
    """A border of the zero point."""
    return _bordered(call, call.output_affine.zero_point)


@operator("PADV2", version=4, operands=(3, 3))
def pad_with_value(call: Call) -> Value:
    """A border of a byte that the file says."""
    constant = call.tensor(2).constant("INT8")
    if constant.size != 1:
        raise UnfitError("its value must be one number")
    call.require_same_quantization(2)
    return _bordered(call, int(constant.reshape(-1)[0]))


def _bordered(call: Call, value: int) -> Value:
    """Return a map whose border waits for an operator that can pad by itself."""
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
    inner = call.map()
    if not any((*rows, *columns)):
        return call.alias(inner)
    frame = Frame((rows[0], columns[0], rows[1], columns[1]), value)
    return call.alias(inner, frame)
