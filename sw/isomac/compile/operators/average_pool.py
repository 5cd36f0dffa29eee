"""Average pool: plane-wise sums, 1/N in the multiplier."""

import numpy as np

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.planewise import planewise, shared_constants
from isomac.graph.operators.average_pool import AveragePool


@lowers(AveragePool)
def lower(operation: AveragePool, context: Context) -> None:
    """One plane-wise job with weights 1; the zero points of all N pixels sit in the bias."""
    source = context.map_view(operation)
    _, height, width = context.map_shape(operation.output)
    layout = Layout(context.word_channels, height, width, source.layout.slots)
    destination = context.new_view(operation.output, layout)
    zero_point = context.zero_point(operation.inputs[0]) if operation.centered else 0
    pixels = operation.kernel[0] * operation.kernel[1]
    work = planewise(
        source,
        destination,
        kernel=operation.kernel,
        stride=operation.stride,
        origin=(-operation.padding[0], -operation.padding[1]),
        output_size=(height, width),
        pad_value=zero_point,
        zero_point=context.zero_point(operation.output) if operation.centered else 0,
        quant_min=operation.quant_min,
        quant_max=operation.quant_max,
        double_rounding=operation.rounding == "double",
        weight_restart=True,
        constants=shared_constants(
            source,
            np.ones(operation.kernel, np.int8),
            bias=-pixels * zero_point,
            multiplier=operation.multiplier,
            shift=operation.shift,
            raw_min=-128 * pixels,
            raw_max=127 * pixels,
        ),
    )
    context.emit(operation, [work], destination)
