"""Where the time of one accelerator goes, layer by layer, and how its memory fills."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from isomac.compile.compiler import compile_graph
from isomac.compile.geometry import Geometry
from isomac.compile.losses import Losses, losses
from isomac.compile.lowering import lower
from isomac.compile.program import Program
from isomac.compile.work import ArrayWork
from isomac.graph.graph import Graph
from isomac.sizing.point import Point


@dataclass(frozen=True)
class LayerUse:
    """One layer on one accelerator.

    Members
    -------
    name, operation
        As in the program.
    macs, cycles
        Of the layer.
    utilization
        Share of the multipliers that do useful work in these cycles.
    activation_bytes, weight_bytes
        That are read from the memories.
    """

    name: str
    operation: str
    macs: int
    cycles: int
    utilization: float
    activation_bytes: int
    weight_bytes: int

    @property
    def intensity(self) -> float:
        """Multiply-accumulates for each activation byte that is read."""
        return self.macs / self.activation_bytes if self.activation_bytes else 0.0

    @property
    def macs_per_cycle(self) -> float:
        """Of useful work."""
        return self.macs / self.cycles


@dataclass(frozen=True)
class Buffer:
    """A buffer in the activation memory: from which word on, how many, and when it is alive."""

    name: str
    base: int
    words: int
    first: int
    last: int


@dataclass(frozen=True)
class Detail:
    """One accelerator in detail.

    Members
    -------
    program
        What it runs.
    layers
        In order, arrival and departure included.
    losses
        Where its cycles go.
    buffers
        Of the memory plan; `steps` are its moments, with what happens in them.
    """

    program: Program
    layers: tuple[LayerUse, ...]
    losses: Losses
    buffers: tuple[Buffer, ...]
    steps: tuple[str, ...]


def detail(graph: Graph, point: Point) -> Detail:
    """Look at one accelerator closely."""
    program = compile_graph(graph, point.shape)
    lowered = lower(graph, point.shape.channel_lanes)
    parameters = program.parameters
    reads: dict[str, tuple[int, int]] = {}
    steps = ["input"]
    for layer in lowered.layers:
        work = [item for item in layer.work if isinstance(item, ArrayWork)]
        counted = [
            _reads(
                item,
                Geometry.of(
                    item,
                    point.shape,
                    parameters.window_columns,
                    lane_sum=parameters.has("lane_sum"),
                ),
                point,
            )
            for item in work
        ]
        reads[layer.name] = (sum(c[0] for c in counted), sum(c[1] for c in counted))
        steps += [layer.name] * len(layer.work)
    steps.append("output")
    layers = tuple(
        LayerUse(
            name=layer.name,
            operation=layer.label,
            macs=layer.macs,
            cycles=layer.predicted_cycles,
            utilization=layer.macs / (layer.predicted_cycles * point.multipliers),
            activation_bytes=reads.get(layer.name, (0, 0))[0],
            weight_bytes=reads.get(layer.name, (0, 0))[1],
        )
        for layer in program.layers
    )
    plan = program.plan
    buffers = tuple(
        Buffer(name, plan.base[name], lowered.buffers[name], *plan.alive[name])
        for name in sorted(plan.base, key=lambda name: (plan.alive[name], plan.base[name]))
    )
    return Detail(program, layers, losses(program), buffers, tuple(steps))


def _reads(work: ArrayWork, geometry: Geometry, point: Point) -> tuple[int, int]:
    """Bytes of activations and of weights that a job reads."""
    shape, kernel = point.shape, geometry.segmentation
    tiles = geometry.tile_rows * geometry.tile_columns * work.channel_tiles
    segments = kernel.kernel_rows * kernel.columns * work.blocks
    words = tiles * segments * shape.tile_rows * geometry.chunks * shape.banks
    used = 1
    if work.dense:
        used = (work.blocks - 1) * shape.channel_lanes + work.last_byte - work.first_byte + 1
    steps = prod((tiles, kernel.steps, used))
    return words * shape.channel_lanes, steps * shape.channel_lanes
