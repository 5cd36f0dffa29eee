"""Scale: plane-wise, each channel times its factor."""

from functools import partial

import numpy as np
import numpy.typing as npt

from isomac.compile.context import Context, lowers
from isomac.compile.planewise import planewise
from isomac.compile.weights import depthwise_words
from isomac.compile.work import Constants, Segmentation, View
from isomac.graph.operators.scale import Scale


@lowers(Scale)
def lower(operation: Scale, context: Context) -> None:
    """One plane-wise job, whose kernel reads a pixel as often as the factors need int8 weights."""
    source = context.map_view(operation)
    destination = context.new_view(operation.output, source.layout)
    weights = _int8_weights(operation.factor)
    work = planewise(
        source,
        destination,
        kernel=(1, weights.shape[-1]),
        dilation=(1, 1 if weights.shape[-1] == 1 else 0),
        output_size=(source.layout.height, source.layout.width),
        zero_point=context.zero_point(operation.output),
        quant_min=operation.quant_min,
        quant_max=operation.quant_max,
        double_rounding=operation.rounding == "double",
        constants=partial(
            _constants, operation, source, context.zero_point(operation.inputs[0]), weights
        ),
    )
    context.emit(operation, [work], destination)


def _int8_weights(factor: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """int8 (C, 1, n) with the factors as their sums; n is as small as can be."""
    count = max(1, *(-(-int(value) // (127 if value > 0 else -128)) for value in factor))
    columns, left = [], factor.astype(np.int64)
    for _ in range(count):
        column = np.clip(left, -128, 127)
        columns.append(column)
        left = left - column
    return np.stack(columns, axis=1).astype(np.int8)[:, None, :]


def _constants(
    operation: Scale,
    source: View,
    zero_point: int,
    weights: npt.NDArray[np.int8],
    kernel: Segmentation,
) -> Constants:
    layout = source.layout
    factor = operation.factor.astype(np.int64)
    bias = -zero_point * factor
    # A value is read several times, but it is one value: its extremes are those of the product.
    low = np.minimum(-128 * factor, 127 * factor)
    high = np.maximum(-128 * factor, 127 * factor)
    by_slot = np.zeros((layout.planes * layout.word_channels, *weights.shape[1:]), np.int8)
    by_slot[layout.slot_array] = weights
    return Constants(
        weights=depthwise_words(by_slot, layout.word_channels),
        bias=layout.spread(bias),
        multiplier=layout.spread(operation.multiplier),
        shift=layout.spread(operation.shift, fill=int(operation.shift.min())),
        raw_min=int(low.min()),
        raw_max=int(high.max()),
        total_min=int((low + bias).min()),
        total_max=int((high + bias).max()),
    )
