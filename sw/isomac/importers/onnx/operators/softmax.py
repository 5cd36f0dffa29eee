"""Softmax over the channels."""

from __future__ import annotations

from isomac.importers.onnx.call import Call, Value, operator
from isomac.importers.onnx.values.sums import ChannelSoftmax


@operator("Softmax")
def softmax(call: Call) -> Value:
    """Softmax on the channel axis."""
    value = call.map_or_vector()
    dimensions = len(value.shape) + 1
    axis = call.node.integer("axis", -1)
    if axis % dimensions != 1:
        raise call.refuse(f"the axis must be 1, the channels, not {axis}")
    return ChannelSoftmax(call.node, value.shape, call.stored(0))
