"""Figures of other designs, each with how it was obtained, and ours beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources

from isomac.bench.run import quantized
from isomac.compile.compiler import compile_graph
from isomac.compile.search import Constraints, choose_shape
from isomac.graph.graph import Graph
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear


@dataclass(frozen=True)
class Peer:
    """What is known of another design, `peers.json` line by line.

    Members
    -------
    design, network, multipliers
        What, on which network of the suite, and with how many multipliers, where that is stated.
    cycles
        Of one inference, where that is stated.
    utilization
        Share of the multipliers' cycles that did useful work, from and to.
    how, source
        How the figure was obtained, and where it is from.
    """

    design: str
    network: str | None
    multipliers: int | None
    cycles: int | None
    utilization: tuple[float, float]
    how: str
    source: str


def peers() -> list[Peer]:
    """Return all peers, in the order of the file."""
    text = resources.files("isomac.bench").joinpath("peers.json").read_text(encoding="utf-8")
    return [
        Peer(**{**entry, "utilization": tuple(entry["utilization"])}) for entry in json.loads(text)
    ]


def own_utilization(peer: Peer) -> float | None:
    """Utilization of our design on a peer's network with at most as many multipliers.

    By the cycle model, which is exact. None if the peer's network is not in the suite.
    """
    if peer.network is None or peer.multipliers is None:
        return None
    graph = quantized(peer.network)
    choice = choose_shape(graph, Constraints(multipliers=peer.multipliers))
    program = compile_graph(graph, choice.shape)
    return graph.macs / (program.predicted_cycles * program.parameters.multipliers)


def weight_stationary_cycles(graph: Graph, rows: int, columns: int) -> int:
    """Cycles of a systolic array whose weights stand still, if nothing else costs anything.

    A tile of weights has `rows` taps of `columns` output channels; channels of a group share taps
    with no other group. Each tile costs `rows` cycles to load, a cycle for each output pixel, and
    `columns` - 1 until the last sum has left.
    """
    total = 0
    for operation in graph.operations:
        if isinstance(operation, Convolution):
            _, height, width = graph.tensor(operation.output).shape
            pixels, groups = height * width, operation.groups
        elif isinstance(operation, Linear):
            pixels, groups = 1, 1
        else:
            continue
        outputs, taps = len(operation.weight) // groups, operation.weight[0].size
        tiles = groups * -(-taps // rows) * -(-outputs // columns)
        total += tiles * (rows + pixels + columns - 1)
    return total
