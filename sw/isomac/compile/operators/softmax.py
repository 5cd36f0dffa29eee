"""Softmax: a job of its own unit."""

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.realign import without_gaps
from isomac.compile.work import SoftmaxWork
from isomac.graph.operators.newton_softmax import NewtonSoftmax
from isomac.graph.operators.softmax import Softmax


@lowers(Softmax)
def lower(operation: Softmax, context: Context) -> None:
    """One job over all pixels, after a copy if the channels have gaps."""
    emit_softmax(operation, context, "division", operation.reciprocal_bits, operation.shift)


def emit_softmax(
    operation: Softmax | NewtonSoftmax,
    context: Context,
    method: str,
    reciprocal_bits: int,
    shift: int,
) -> None:
    """Emit the job of a softmax with this reciprocal."""
    source = without_gaps(operation, 0, context)
    layout = source.layout
    destination = context.new_view(
        operation.output,
        Layout(context.word_channels, layout.height, layout.width, layout.slots),
    )
    softmax = SoftmaxWork(
        source=source,
        destination=destination,
        zero_point=context.zero_point(operation.output),
        table=operation.table,
        method=method,
        reciprocal_bits=reciprocal_bits,
        shift=shift,
    )
    context.emit(operation, [softmax], destination)
