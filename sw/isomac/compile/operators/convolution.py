"""Convolution: dense, grouped, or depthwise."""

from functools import partial

import numpy as np

from isomac.compile.context import Context, lowers
from isomac.compile.dense import DenseOperation
from isomac.compile.layout import Layout
from isomac.compile.planewise import planewise
from isomac.compile.weights import depthwise_words
from isomac.compile.work import ArrayWork, Constants, Segmentation, View
from isomac.graph.accumulator import accumulator_range
from isomac.graph.operators.convolution import Convolution


@lowers(Convolution)
def lower(operation: Convolution, context: Context) -> None:
    """One depthwise job where every channel has one filter, else dense jobs."""
    source = context.map_view(operation)
    if operation.depthwise and len(operation.weight) == operation.groups:
        _, height, width = context.map_shape(operation.output)
        layout = Layout(context.word_channels, height, width, source.layout.slots)
        destination = context.new_view(operation.output, layout)
        work: list[ArrayWork] = [_depthwise(operation, context, source, destination)]
    else:
        destination = context.dense_view(operation.output)
        work = DenseOperation(
            source=source,
            destination=destination,
            weight=operation.weight,
            bias=operation.bias,
            multiplier=operation.multiplier,
            shift=operation.shift,
            groups=operation.groups,
            stride=operation.stride,
            dilation=operation.dilation,
            origin=(-operation.padding[0], -operation.padding[1]),
            output_size=(destination.layout.height, destination.layout.width),
            input_zero_point=context.zero_point(operation.inputs[0]),
            zero_point=context.zero_point(operation.output),
            quant_min=operation.quant_min,
            quant_max=operation.quant_max,
            rounding=operation.rounding,
        ).work()
    context.emit(operation, work, destination)


def _depthwise(
    operation: Convolution, context: Context, source: View, destination: View
) -> ArrayWork:
    zero_point = context.zero_point(operation.inputs[0])
    return planewise(
        source,
        destination,
        kernel=(int(operation.weight.shape[2]), int(operation.weight.shape[3])),
        stride=operation.stride,
        dilation=operation.dilation,
        origin=(-operation.padding[0], -operation.padding[1]),
        output_size=(destination.layout.height, destination.layout.width),
        pad_value=zero_point,
        zero_point=context.zero_point(operation.output),
        quant_min=operation.quant_min,
        quant_max=operation.quant_max,
        double_rounding=operation.rounding == "double",
        constants=partial(_depthwise_constants, operation, source, zero_point),
    )


def _depthwise_constants(
    operation: Convolution, source: View, zero_point: int, kernel: Segmentation
) -> Constants:
    layout = source.layout
    extremes = accumulator_range(operation.weight, operation.bias, zero_point)
    weight = np.zeros((layout.planes * layout.word_channels, *operation.weight.shape[2:]), np.int8)
    weight[layout.slot_array] = operation.weight[:, 0]
    return Constants(
        weights=depthwise_words(weight, layout.word_channels),
        bias=layout.spread(extremes.bias),
        multiplier=layout.spread(operation.multiplier),
        shift=layout.spread(operation.shift, fill=int(operation.shift.min())),
        raw_min=int(extremes.raw_min.min()),
        raw_max=int(extremes.raw_max.max()),
        total_min=int(extremes.total_min.min()),
        total_max=int(extremes.total_max.max()),
    )
