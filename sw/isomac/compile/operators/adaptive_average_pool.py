"""Adaptive average pool: a plane-wise job an output pixel, each with its own window."""

import numpy as np

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.planewise import planewise, shared_constants
from isomac.compile.work import Work
from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool


@lowers(AdaptiveAveragePool)
def lower(operation: AdaptiveAveragePool, context: Context) -> None:
    """One job an output pixel, with the size of its window in kernel, bias and multiplier."""
    source = context.map_view(operation)
    _, height, width = context.map_shape(operation.output)
    layout = Layout(context.word_channels, height, width, source.layout.slots)
    destination = context.new_view(operation.output, layout)
    zero_point = context.zero_point(operation.inputs[0])
    work: list[Work] = []
    for y, (top, bottom) in enumerate(operation.rows):
        for x, (left, right) in enumerate(operation.columns):
            kernel = (bottom - top, right - left)
            pixels = kernel[0] * kernel[1]
            work.append(
                planewise(
                    source,
                    destination,
                    kernel=kernel,
                    origin=(top, left),
                    output_origin=(y, x),
                    output_size=(1, 1),
                    pad_value=zero_point,
                    zero_point=context.zero_point(operation.output),
                    quant_min=operation.quant_min,
                    quant_max=operation.quant_max,
                    weight_restart=True,
                    constants=shared_constants(
                        source,
                        np.ones(kernel, np.int8),
                        bias=-pixels * zero_point,
                        multiplier=int(operation.multiplier[y, x]),
                        shift=int(operation.shift[y, x]),
                        raw_min=-128 * pixels,
                        raw_max=127 * pixels,
                    ),
                )
            )
    context.emit(operation, work, destination)
