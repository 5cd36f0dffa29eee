"""From the integer graph to work: what each operation asks of the array."""

from dataclasses import dataclass, replace

import isomac.compile.operators  # noqa: F401
from isomac.compile.context import LOWERINGS, Context, Layer
from isomac.compile.work import ArrayWork, View, Work
from isomac.errors import IsomacError
from isomac.graph.graph import Graph


@dataclass(frozen=True)
class Lowered:
    """A graph as work.

    Members
    -------
    graph, word_channels
        What was lowered, and M.
    layers
        In order, those without work included.
    buffers
        Words of each buffer.
    inputs, outputs
        Views of the graph's inputs and outputs.
    """

    graph: Graph
    word_channels: int
    layers: tuple[Layer, ...]
    buffers: dict[str, int]
    inputs: tuple[View, ...]
    outputs: tuple[View, ...]

    @property
    def work(self) -> list[Work]:
        """All work in order."""
        return [work for layer in self.layers for work in layer.work]


def lower(graph: Graph, word_channels: int) -> Lowered:
    """Turn every operation into work.

    Raises
    ------
    IsomacError
        If the hardware cannot do an operation, or there is nothing to multiply.
    """
    if graph.macs == 0:
        raise IsomacError(
            f"{graph} has no multiply-accumulate: there must be at least one convolution or linear"
            f" layer for an array"
        )
    context = Context(graph, word_channels)
    for name in graph.inputs:
        context.dense_view(name)
    for operation in graph.operations:
        lowering = LOWERINGS.get(type(operation))
        if lowering is None:
            raise IsomacError(f"{operation} is an operator that the hardware does not have")
        lowering(operation, context)
    layers = tuple(_resolve(layer, context) for layer in context.layers)
    used = {
        view.buffer
        for layer in layers
        for work in layer.work
        for view in (*work.reads, work.destination)
    } | {context.resolve(context.view(name)).buffer for name in graph.inputs}
    return Lowered(
        graph=graph,
        word_channels=word_channels,
        layers=layers,
        buffers={name: words for name, words in context.buffers.items() if name in used},
        inputs=tuple(context.resolve(context.view(name)) for name in graph.inputs),
        outputs=tuple(context.resolve(context.view(name)) for name in graph.outputs),
    )


def _resolve(layer: Layer, context: Context) -> Layer:
    """All views in their outermost buffers."""
    work: list[Work] = []
    for item in layer.work:
        item = replace(
            item,
            source=context.resolve(item.source),
            destination=context.resolve(item.destination),
        )
        if isinstance(item, ArrayWork) and item.second is not None:
            item = replace(item, second=context.resolve(item.second))
        work.append(item)
    return replace(layer, work=tuple(work), view=context.resolve(layer.view))
