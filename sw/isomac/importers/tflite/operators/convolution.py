"""CONV_2D."""

from __future__ import annotations

from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.convolutions import emit_convolution
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value
from isomac.importers.tflite.weights import weight


@operator("CONV_2D", version=8, operands=(2, 3), options="Conv2DOptions")
def convolution(call: Call) -> Value:
    """A convolution; fewer input channels in the weight than in the map are groups."""
    channels, _, _ = call.map_shape()
    values = weight(call, rank=4, output_axis=0)
    outputs, _, _, group_inputs = values.shape
    if channels % group_inputs or outputs % (channels // group_inputs):
        raise UnfitError(
            f"its weight {list(values.shape)} does not fit the {channels} channels of its input"
        )
    turned = values.transpose(0, 3, 1, 2).copy()
    return emit_convolution(call, turned, axis=0, groups=channels // group_inputs)
