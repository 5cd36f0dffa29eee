"""AlignedAdd: an addition whose second operand is brought to the scale of the first one before."""

from isomac.compile.context import Context, lowers
from isomac.compile.operands import two_operands
from isomac.graph.operators.aligned_add import AlignedAdd
from isomac_hw.requantizer import (
    FIRST_HALF,
    FIRST_SHIFT,
    OPERAND_BITS,
    Alignment,
)


@lowers(AlignedAdd)
def lower(operation: AlignedAdd, context: Context) -> None:
    """One plane-wise job; the multiplier is that of the sum."""
    multiplier_b, alignment = align(operation)
    low, high = _extremes(operation, context, multiplier_b, alignment)
    two_operands(
        operation,
        context,
        multiplier=operation.multiplier,
        shift=operation.shift,
        multiplier_b=multiplier_b,
        double_rounding=operation.rounding == "double",
        alignment=alignment,
        totals=(low, high),
    )


def align(operation: AlignedAdd) -> tuple[int, Alignment]:
    """Multiplier and alignment of the second operand.

    Its left shift comes off the right shift, and off what is added before that, which are multiples
    of it: a product of fewer bits is enough.
    """
    left = operation.left_shift_b
    shift = operation.shift_b - left
    half, nudge = 1 << (shift - 1), 0
    if operation.rounding == "double" and operation.shift_b > FIRST_SHIFT:
        nudge = FIRST_HALF >> left
    # Beyond this shift every product rounds to 0, and so does 0.
    if shift > OPERAND_BITS + 30:
        return 0, Alignment(left_shift=operation.left_shift, shift=1, half=1, half_negative=1)
    return operation.multiplier_b, Alignment(
        left_shift=operation.left_shift, shift=shift, half=half + nudge, half_negative=half - nudge
    )


def _extremes(
    operation: AlignedAdd, context: Context, multiplier_b: int, alignment: Alignment
) -> tuple[int, int]:
    """Of both operands, of each alone, and of their sum."""
    zero_a, zero_b = (context.zero_point(name) for name in operation.inputs)
    a = [(end - zero_a) << alignment.left_shift for end in (-128, 127)]
    b = []
    for end in (-128, 127):
        product = (end - zero_b) * multiplier_b
        half = alignment.half if product >= 0 else alignment.half_negative
        b.append((product + half) >> alignment.shift)
    return min(*a, *b, a[0] + b[0]), max(*a, *b, a[1] + b[1])
