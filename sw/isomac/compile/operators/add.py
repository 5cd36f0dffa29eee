"""Add: both operands in one accumulator, taken apart again by the requantizer."""

from isomac.compile.context import Context, lowers
from isomac.compile.operands import two_operands
from isomac.graph.operators.add import Add


@lowers(Add)
def lower(operation: Add, context: Context) -> None:
    """One plane-wise job; each operand has its multiplier."""
    two_operands(
        operation,
        context,
        multiplier=operation.multipliers[0],
        shift=operation.shift,
        multiplier_b=operation.multipliers[1],
    )
