"""CONV_2D."""

from __future__ import annotations

from isomac.graph.operators.convolution import Convolution
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value
from isomac.importers.tflite.weights import bias, rescaling, weight
from isomac.importers.tflite.window_input import window_input


@operator("CONV_2D", version=8, operands=(2, 3), options="Conv2DOptions")
def convolution(call: Call) -> Value:
    """A convolution; fewer input channels in the weight than in the map are groups."""
    channels, _, _ = call.map_shape()
    values = weight(call, rank=4, output_axis=0)
    outputs, height, width, group_inputs = values.shape
    if channels % group_inputs or outputs % (channels // group_inputs):
        raise UnfitError(
            f"its weight {list(values.shape)} does not fit the {channels} channels of its input"
        )
    value, windows = window_input(call, (height, width), border=call.affine().zero_point)
    call.require_output((1, *windows.size, outputs))
    turned = values.transpose(0, 3, 1, 2).copy()
    return call.emit(
        Convolution,
        [value],
        (outputs, *windows.size),
        weight=turned,
        **rescaling(call, turned, bias(call, outputs), axis=0, rounded_once=False),
        stride=windows.stride,
        dilation=windows.dilation,
        padding=windows.padding,
        groups=channels // group_inputs,
    )
