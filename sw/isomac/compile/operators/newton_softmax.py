"""Softmax with Newton's iteration: a job of the same unit with another reciprocal."""

from isomac.compile.context import Context, lowers
from isomac.compile.operators.softmax import emit_softmax
from isomac.graph.operators.newton_softmax import NewtonSoftmax
from isomac_hw.newton import RECIPROCAL_BITS, SHARE_SHIFT


@lowers(NewtonSoftmax)
def lower(operation: NewtonSoftmax, context: Context) -> None:
    """One job over all pixels, after a copy if the channels have gaps."""
    emit_softmax(operation, context, "newton", RECIPROCAL_BITS, SHARE_SHIFT)
