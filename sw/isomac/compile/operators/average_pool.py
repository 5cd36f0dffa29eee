"""Average pool: plane-wise sums, 1/N in the multiplier."""

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.means import window_means
from isomac.graph.operators.average_pool import AveragePool


@lowers(AveragePool)
def lower(operation: AveragePool, context: Context) -> None:
    """One plane-wise job."""
    source = context.map_view(operation)
    _, height, width = context.map_shape(operation.output)
    layout = Layout(context.word_channels, height, width, source.layout.slots)
    destination = context.new_view(operation.output, layout)
    work = window_means(
        operation,
        context,
        source,
        destination,
        kernel=operation.kernel,
        multiplier=operation.multiplier,
        shift=operation.shift,
        stride=operation.stride,
        origin=(-operation.padding[0], -operation.padding[1]),
        output_size=(height, width),
    )
    context.emit(operation, [work], destination)
