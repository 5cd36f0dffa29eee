"""Copies that close the gaps in a layout, where an operator cannot live with them."""

import numpy as np

from isomac.compile.context import Context
from isomac.compile.dense import DenseOperation
from isomac.compile.layout import Layout
from isomac.compile.work import View
from isomac.graph.operation import Operation


def without_gaps(operation: Operation, index: int, context: Context) -> View:
    """The view of input `index` itself if it has no gaps, else that of a copy without them.

    The copy is a 1x1 convolution with the identity matrix.
    """
    view = context.map_view(operation, index)
    layout = view.layout
    if layout.is_dense:
        return view
    target = Layout.dense(layout.channels, layout.height, layout.width, layout.word_channels)
    copy = context.new_view(f"{operation.name}:copy{index}", target)
    channels = layout.channels
    shift = context.identity_shift
    dense = DenseOperation(
        source=view,
        destination=copy,
        weight=np.eye(channels, dtype=np.int8).reshape(channels, channels, 1, 1),
        bias=np.zeros(channels, np.int32),
        multiplier=np.full(channels, 1 << shift, np.int64),
        shift=np.full(channels, shift, np.int64),
        output_size=(layout.height, layout.width),
        input_zero_point=0,
        zero_point=0,
        quant_min=-128,
        quant_max=127,
    )
    context.emit_copy(operation, index, dense.work(), copy)
    return copy
