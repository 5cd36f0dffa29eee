"""Reshape: the same words under another name."""

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.work import View
from isomac.errors import IsomacError
from isomac.graph.operators.reshape import Reshape


@lowers(Reshape)
def lower(operation: Reshape, context: Context) -> None:
    """No work: flattening, or another order of rows and columns, leaves the words as they are.

    Raises
    ------
    IsomacError
        If values would have to move.
    """
    view = context.view(operation.inputs[0])
    layout = view.layout
    before = context.graph.tensor(operation.inputs[0]).shape
    after = context.graph.tensor(operation.output).shape
    if len(after) == 1:
        context.alias(operation.output, view)
        return
    channels, height, width = after
    if channels != layout.channels:
        raise IsomacError(
            f"{operation} turns {before} into {after}, which moves values; "
            f"supported are flattening, and shapes that keep the channels"
        )
    moved = Layout(layout.word_channels, height, width, layout.slots)
    context.alias(operation.output, View.at(view.buffer, view.offset, moved))
