"""Concatenate: producers write their planes side by side; only what cannot is copied."""

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.planewise import identity
from isomac.compile.work import View
from isomac.graph.operators.concatenate import Concatenate


@lowers(Concatenate)
def lower(operation: Concatenate, context: Context) -> None:
    """No work for an input whose buffer can lie in the output's; a copy for the others."""
    parts = [context.map_view(operation, index) for index in range(len(operation.inputs))]
    destination = context.new_view(
        operation.output, Layout.side_by_side([part.layout for part in parts])
    )
    plane = 0
    for index, part in enumerate(parts):
        if not context.merge(part, destination, plane):
            offset = plane * destination.layout.plane_words
            target = View.at(destination.buffer, offset, part.layout)
            copy = identity(part, target, context.identity_shift)
            context.emit_copy(operation, index, [copy], target)
        plane += part.layout.planes
    context.emit(operation, [], destination)
