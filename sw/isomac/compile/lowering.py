"""From the integer graph to work: what each operation asks of the array."""

from dataclasses import dataclass, replace
from functools import cached_property

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

    @cached_property
    def work(self) -> list[Work]:
        """All work in order."""
        return [work for layer in self.layers for work in layer.work]

    @cached_property
    def alive(self) -> dict[str, tuple[int, int]]:
        """First and last step in which each buffer is needed; see `isomac.compile.memory_plan`."""
        found: dict[str, tuple[int, int]] = {}

        def touch(view: View, step: int) -> None:
            first, last = found.get(view.buffer, (step, step))
            found[view.buffer] = (min(first, step), max(last, step))

        for view in self.inputs:
            touch(view, 0)
        for step, item in enumerate(self.work, start=1):
            for view in (*item.reads, item.destination):
                touch(view, step)
        for view in self.outputs:
            touch(view, len(self.work) + 1)
        return found


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
