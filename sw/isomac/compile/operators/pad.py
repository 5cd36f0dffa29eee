"""Pad: a plane-wise copy that begins outside of the map."""

from dataclasses import replace

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.planewise import identity
from isomac.graph.operators.pad import Pad


@lowers(Pad)
def lower(operation: Pad, context: Context) -> None:
    """One plane-wise job with kernel 1; what the loader reads beside the map is the frame."""
    source = context.map_view(operation)
    _, height, width = context.map_shape(operation.output)
    layout = Layout(context.word_channels, height, width, source.layout.slots)
    destination = context.new_view(operation.output, layout)
    work = replace(
        identity(source, destination, context.identity_shift),
        origin=(-operation.padding[0], -operation.padding[1]),
        output_size=(height, width),
        pad_value=operation.value,
    )
    context.emit(operation, [work], destination)
