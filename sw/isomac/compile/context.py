"""What the operators share while a graph becomes work: views, buffers, and the list of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isomac.compile.layout import Layout
from isomac.compile.work import View, Work
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation


@dataclass(frozen=True)
class Layer:
    """A row of the program as people see it: jobs that store one tensor.

    Members
    -------
    name, label, source
        Of the operation that asks for it; `label` is "copy" for what only moves bytes.
    macs
        Logical multiply-accumulates.
    tensor
        The tensor of the graph whose values are stored.
    view
        Where.
    work
        In order; empty where nothing has to be done.
    """

    name: str
    label: str
    source: str
    macs: int
    tensor: str
    view: View
    work: tuple[Work, ...]


class Context:
    """State of the lowering of one graph for words of M channels.

    Operators ask for the views of their inputs (`view`), make the one of their output (`new_view`,
    `alias`), and add their work (`emit`).
    """

    def __init__(self, graph: Graph, word_channels: int):
        self.graph = graph
        self.word_channels = word_channels
        self.layers: list[Layer] = []
        self.buffers: dict[str, int] = {}
        self._views: dict[str, View] = {}
        self._hosts: dict[str, tuple[str, int]] = {}
        largest = max(
            (
                int(np.max(getattr(operation, field)))
                for operation in graph.operations
                for field in ("multiplier", "multipliers")
                if hasattr(operation, field)
            ),
            default=1,
        )
        #: Multiplier and shift that change nothing, with a multiplier no wider than the others.
        self.identity_shift = max(1, largest.bit_length() - 1)

    def new_view(self, name: str, layout: Layout) -> View:
        """Storage for a tensor (or another value of that name) that is about to be produced."""
        self.buffers[name] = layout.words
        view = View(name, 0, layout)
        self._views[name] = view
        return view

    def merge(self, view: View, host: View, plane: int) -> bool:
        """Let a buffer lie inside another one from this plane on, so that nothing has to be copied.

        Returns False, and does nothing, if the view is not a whole buffer, already lies in another
        one, or is an input of the graph, which arrives at an address of its own.
        """
        free = (
            view.buffer not in self._hosts
            and view.buffer not in self.graph.inputs
            and view.layout.words == self.buffers[view.buffer]
        )
        if free:
            self._hosts[view.buffer] = (host.buffer, plane * host.layout.plane_words)
        return free

    def resolve(self, view: View) -> View:
        """The view in the outermost buffer it lies in; final once all is lowered."""
        buffer, offset = view.buffer, view.offset
        while buffer in self._hosts:
            buffer, inside = self._hosts[buffer]
            offset += inside
        return View.at(buffer, offset, view.layout)

    def dense_view(self, tensor: str) -> View:
        """Storage without gaps, in the shape that the graph states."""
        channels, height, width = self.map_shape(tensor)
        return self.new_view(tensor, Layout.dense(channels, height, width, self.word_channels))

    def alias(self, tensor: str, view: View) -> None:
        """Let the tensor be the words of another one."""
        self._views[tensor] = view

    def view(self, tensor: str) -> View:
        """Where a tensor lies."""
        return self._views[tensor]

    def map_view(self, operation: Operation, index: int = 0) -> View:
        """The view of an input whose channels are those of the graph's tensor.

        The words of a flattened map are a vector too, with its features in another order.
        """
        tensor = operation.inputs[index]
        view = self._views[tensor]
        if view.layout.channels != self.graph.tensor(tensor).shape[0]:
            return View.at(view.buffer, view.offset, view.layout.flattened)
        return view

    def map_shape(self, tensor: str) -> tuple[int, int, int]:
        """(channels, height, width) of a tensor; a vector is a map of one pixel."""
        shape = self.graph.tensor(tensor).shape
        return (shape[0], 1, 1) if len(shape) == 1 else (shape[0], shape[1], shape[2])

    def zero_point(self, tensor: str) -> int:
        return self.graph.tensor(tensor).zero_point

    def emit(self, operation: Operation, work: Sequence[Work], view: View) -> None:
        """Add the work that stores the output of an operation."""
        macs = operation.macs(self.graph)
        self.layers.append(
            Layer(
                operation.name,
                operation.label,
                operation.source,
                macs,
                operation.output,
                view,
                tuple(work),
            )
        )

    def emit_copy(self, operation: Operation, index: int, work: Sequence[Work], view: View) -> None:
        """Add the work that copies input `index` of an operation to `view`."""
        name = f"{operation.name}:copy{index}"
        tensor = operation.inputs[index]
        self.layers.append(Layer(name, "copy", operation.source, 0, tensor, view, tuple(work)))


Lowering = Callable[[Any, Context], None]

#: How each operator becomes work.
LOWERINGS: dict[type[Operation], Lowering] = {}


def lowers(operator: type[Operation]) -> Callable[[Lowering], Lowering]:
    """Register the lowering of an operator."""

    def register(lowering: Lowering) -> Lowering:
        if operator in LOWERINGS:
            raise TypeError(f"there are two lowerings of {operator.__name__}")
        LOWERINGS[operator] = lowering
        return lowering

    return register
