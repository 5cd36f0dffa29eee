"""The program: everything that an accelerator needs to run one graph, and what to expect of it."""

from __future__ import annotations

from dataclasses import dataclass

from isomac.compile.memory_plan import MemoryPlan
from isomac.compile.shape import ArrayShape
from isomac.compile.work import View
from isomac.graph.graph import Graph
from isomac_hw.core_memories import Images
from isomac_hw.job import Job
from isomac_hw.parameters import AcceleratorParameters


@dataclass(frozen=True)
class ProgramLayer:
    """A layer of the program: its jobs end with the one that ends the layer.

    Members
    -------
    name, label, source, macs
        See `isomac.compile.context.Layer`.
    predicted_cycles
        Of the cycle model.
    tensor, view, base
        What it stores, where; None for arrivals and departures. `base` is the first word.
    """

    name: str
    label: str
    source: str
    macs: int
    predicted_cycles: int
    tensor: str | None
    view: View | None
    base: int


@dataclass(frozen=True)
class Program:
    """A graph compiled for an accelerator.

    Members
    -------
    graph, parameters
        What, and for which hardware.
    jobs
        In order; the last one ends the program.
    images
        Rows of the image memories as unsigned integers, only those used.
    layers
        In order, arrival and departure included.
    plan
        The memory plan.
    inputs, outputs
        View and first word of each tensor on the streams, in order.
    """

    graph: Graph
    parameters: AcceleratorParameters
    jobs: tuple[Job, ...]
    images: Images
    layers: tuple[ProgramLayer, ...]
    plan: MemoryPlan
    inputs: tuple[tuple[View, int], ...]
    outputs: tuple[tuple[View, int], ...]

    @property
    def predicted_cycles(self) -> int:
        """First input word to last output word, both included."""
        return sum(layer.predicted_cycles for layer in self.layers)

    @property
    def input_words(self) -> int:
        """Words of the input stream for one inference."""
        lanes = self.parameters.channel_lanes
        return sum(
            -(-view.layout.words * view.layout.packed_channels // lanes) for view, _ in self.inputs
        )

    @property
    def output_words(self) -> int:
        """Words of the output stream for one inference."""
        return sum(view.layout.words for view, _ in self.outputs)


def array_shape(parameters: AcceleratorParameters) -> ArrayShape:
    """The shape of existing hardware."""
    p = parameters
    return ArrayShape(
        tile_rows=p.tile_rows,
        tile_columns=p.tile_columns,
        channel_lanes=p.channel_lanes,
        requant_lanes=p.requant_lanes,
        banks=p.banks,
    )
