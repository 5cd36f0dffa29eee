"""Plane-wise work on two tensors of one shape."""

import numpy as np

from isomac.compile.context import Context
from isomac.compile.layout import Layout
from isomac.compile.planewise import planewise, shared_constants
from isomac.compile.realign import without_gaps
from isomac.graph.operators.add import Add
from isomac.graph.operators.aligned_add import AlignedAdd
from isomac_hw.requantizer import Alignment

#: Kernel rows are the operands a and b; both columns read the same word, so that a - 256 * b
#: is left: no int8 weight reaches 256, two of -128 do.
OPERAND_WEIGHTS = np.array([[1, 0], [-128, -128]], np.int8)


def two_operands(
    operation: Add | AlignedAdd,
    context: Context,
    *,
    multiplier: int,
    shift: int,
    multiplier_b: int,
    double_rounding: bool = False,
    alignment: Alignment | None = None,
    totals: tuple[int, int] | None = None,
) -> None:
    """Emit one plane-wise job over two "rows"; operands in different layouts are copied first.

    Parameters
    ----------
    operation, context
        What, and where.
    multiplier, shift
        Of the first operand, or of the sum where there is an alignment.
    multiplier_b
        Of the second operand.
    double_rounding, alignment
        See `isomac.compile.work.ArrayWork`.
    totals
        Extremes of what is multiplied, those of the first operand by default.
    """
    a, b = context.map_view(operation, 0), context.map_view(operation, 1)
    if a.layout != b.layout:
        a = without_gaps(operation, 0, context)
        b = without_gaps(operation, 1, context)
    layout = Layout(context.word_channels, a.layout.height, a.layout.width, a.layout.slots)
    destination = context.new_view(operation.output, layout)
    bias = -context.zero_point(operation.inputs[0])
    work = planewise(
        a,
        destination,
        kernel=(2, 2),
        dilation=(1, 0),
        output_size=(layout.height, layout.width),
        zero_point=context.zero_point(operation.output),
        quant_min=operation.quant_min,
        quant_max=operation.quant_max,
        double_rounding=double_rounding,
        weight_restart=True,
        second=b,
        zero_point_b=context.zero_point(operation.inputs[1]),
        multiplier_b=multiplier_b,
        alignment=alignment,
        constants=shared_constants(
            a,
            OPERAND_WEIGHTS,
            bias=bias,
            multiplier=multiplier,
            shift=shift,
            raw_min=-128 - 256 * 127,
            raw_max=127 + 256 * 128,
            totals=totals or (-128 + bias, 127 + bias),
        ),
    )
    context.emit(operation, [work], destination)
