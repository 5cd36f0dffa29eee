"""DEPTHWISE_CONV_2D."""

from __future__ import annotations

from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.convolutions import emit_convolution
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value
from isomac.importers.tflite.weights import weight


@operator("DEPTHWISE_CONV_2D", version=7, operands=(2, 3), options="DepthwiseConv2DOptions")
def depthwise_convolution(call: Call) -> Value:
    """A convolution with a group for each input channel c: outputs c * multiplier + q."""
    channels, _, _ = call.map_shape()
    values = weight(call, rank=4, output_axis=3)
    one, _, _, outputs = values.shape
    if one != 1 or outputs % channels:
        raise UnfitError(
            f"its weight {list(values.shape)} does not fit the {channels} channels of its input"
        )
    multiplier = call.options["DepthMultiplier"]
    if multiplier not in (0, outputs // channels):
        raise UnfitError(
            f"its depth multiplier is {multiplier}, and its weight has {outputs} output channels"
            f" for {channels} input channels"
        )
    turned = values.transpose(3, 0, 1, 2).copy()
    return emit_convolution(call, turned, axis=3, groups=channels)
