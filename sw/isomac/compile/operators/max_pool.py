"""Max pool: plane-wise, with maxima in the place of sums."""

import numpy as np

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.planewise import planewise, shared_constants
from isomac.graph.operators.max_pool import MaxPool


@lowers(MaxPool)
def lower(operation: MaxPool, context: Context) -> None:
    """One plane-wise job with weights 1 and a rescaling that changes nothing."""
    source = context.map_view(operation)
    _, height, width = context.map_shape(operation.output)
    layout = Layout(context.word_channels, height, width, source.layout.slots)
    destination = context.new_view(operation.output, layout)
    work = planewise(
        source,
        destination,
        kernel=operation.kernel,
        stride=operation.stride,
        dilation=operation.dilation,
        origin=(-operation.padding[0], -operation.padding[1]),
        output_size=(height, width),
        pad_value=-128,
        zero_point=0,
        quant_min=operation.quant_min,
        quant_max=operation.quant_max,
        reduce_max=True,
        weight_restart=True,
        constants=shared_constants(
            source,
            np.ones(operation.kernel, np.int8),
            bias=0,
            multiplier=1 << context.identity_shift,
            shift=context.identity_shift,
            raw_min=-128,
            raw_max=127,
        ),
    )
    context.emit(operation, [work], destination)
