"""Reshape: the same words under another name."""

from isomac.compile.context import Context, lowers
from isomac.errors import IsomacError
from isomac.graph.operators.reshape import Reshape


@lowers(Reshape)
def lower(operation: Reshape, context: Context) -> None:
    """No work: only flattening, or a map of one pixel, leaves the words as they are.

    Raises
    ------
    IsomacError
        If values would have to move.
    """
    view = context.view(operation.inputs[0])
    before = context.graph.tensor(operation.inputs[0]).shape
    after = context.graph.tensor(operation.output).shape
    flattened = len(after) == 1
    same_map = len(after) == 3 and after == (
        view.layout.channels,
        view.layout.height,
        view.layout.width,
    )
    if not (flattened or same_map):
        raise IsomacError(
            f"{operation} turns {before} into {after}, which moves values; "
            f"supported are flattening, and shapes that keep channels and map"
        )
    context.alias(operation.output, view)
