"""Add: both operands in one accumulator, taken apart again by the requantizer."""

import numpy as np

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.planewise import planewise, shared_constants
from isomac.compile.realign import without_gaps
from isomac.graph.operators.add import Add

#: Kernel rows are the operands a and b; both columns read the same word, so that a - 256 * b
#: is left: no int8 weight reaches 256, two of -128 do.
OPERAND_WEIGHTS = np.array([[1, 0], [-128, -128]], np.int8)


@lowers(Add)
def lower(operation: Add, context: Context) -> None:
    """One plane-wise job over two "rows"; operands in different layouts are copied first."""
    a, b = context.map_view(operation, 0), context.map_view(operation, 1)
    if a.layout != b.layout:
        a = without_gaps(operation, 0, context)
        b = without_gaps(operation, 1, context)
    layout = Layout(context.word_channels, a.layout.height, a.layout.width, a.layout.slots)
    destination = context.new_view(operation.output, layout)
    work = planewise(
        a,
        destination,
        kernel=(2, 2),
        dilation=(1, 0),
        output_size=(layout.height, layout.width),
        zero_point=context.zero_point(operation.output),
        quant_min=operation.quant_min,
        quant_max=operation.quant_max,
        weight_restart=True,
        second=b,
        zero_point_b=context.zero_point(operation.inputs[1]),
        multiplier_b=operation.multipliers[1],
        constants=shared_constants(
            a,
            OPERAND_WEIGHTS,
            bias=-context.zero_point(operation.inputs[0]),
            multiplier=operation.multipliers[0],
            shift=operation.shift,
            raw_min=-128 - 256 * 127,
            raw_max=127 + 256 * 128,
            added=(-128, 127),
        ),
    )
    context.emit(operation, [work], destination)
