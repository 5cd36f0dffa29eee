"""Softmax: a job of its own unit."""

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.realign import without_gaps
from isomac.compile.work import SoftmaxWork
from isomac.graph.operators.softmax import Softmax


@lowers(Softmax)
def lower(operation: Softmax, context: Context) -> None:
    """One job over all pixels, after a copy if the channels have gaps."""
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
        reciprocal_bits=operation.reciprocal_bits,
        shift=operation.shift,
    )
    context.emit(operation, [softmax], destination)
