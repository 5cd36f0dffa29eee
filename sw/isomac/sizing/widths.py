"""Widths of the requantization multipliers: a matter of quantization, so of exactness too.

A narrower multiplier takes fewer hard multipliers and less memory, and never a cycle more or less.
But it changes numbers: only a network that is quantized here can have one, and it has it only where
the outputs stay what they are with the widest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.fx import GraphModule

from isomac.golden.borders import quantize_input
from isomac.golden.evaluate import evaluate
from isomac.graph.graph import Graph
from isomac.lowering.builder import MULTIPLIER_BITS

#: Widths tried: hard multipliers have 16 bits at least, and each further 16 take another.
WIDTHS = (MULTIPLIER_BITS, 24, 16)
#: Calibration inputs on which widths are compared.
SAMPLES = 64
#: Most steps of int8 by which an output may differ.
DIFFERENCE_MAX = 1


@dataclass(frozen=True)
class Width:
    """One width, and what it does to the network.

    Members
    -------
    bits, graph
        The width, and the network that has it.
    values, differing, largest
        Output values that were compared with those of the widest, how many differ, and by how much.
    same_class
        Share of the inputs whose largest output is the same.
    """

    bits: int
    graph: Graph
    values: int = 0
    differing: int = 0
    largest: int = 0
    same_class: float = 1.0

    @property
    def keeps_outputs(self) -> bool:
        """Whether the network may have this width."""
        return self.largest <= DIFFERENCE_MAX and self.same_class == 1.0


def widths(
    graph: Graph,
    reference: GraphModule | None,
    calibration: torch.Tensor | None,
    asked: int | None,
) -> tuple[Width, ...]:
    """The widths to choose from, the widest first; one if there is no choice.

    Parameters
    ----------
    graph
        The network, with multipliers of `MULTIPLIER_BITS` unless `asked`.
    reference, calibration
        The fake-quantized network and its calibration inputs, None if it was not quantized here.
    asked
        The width that the user fixed.
    """
    if reference is None or calibration is None or asked is not None:
        return (Width(multiplier_bits(graph), graph),)
    from isomac.frontend.lowering import Lowering

    graphs = {MULTIPLIER_BITS: graph}
    for bits in WIDTHS[1:]:
        graphs[bits] = Lowering(reference, bits).graph(graph.name)
    samples = calibration[:SAMPLES]
    wide = _outputs(graph, samples)
    return tuple(
        _compared(bits, graph, wide, _outputs(graph, samples)) for bits, graph in graphs.items()
    )


def chosen(found: Sequence[Width]) -> Width:
    """The narrowest width that keeps the outputs."""
    return min((w for w in found if w.keeps_outputs), key=lambda w: w.bits, default=found[0])


def multiplier_bits(graph: Graph) -> int:
    """Width of the largest multiplier of a graph."""
    return max(
        (
            int(np.max(getattr(operation, field))).bit_length()
            for operation in graph.operations
            for field in ("multiplier", "multipliers", "multiplier_b")
            if hasattr(operation, field)
        ),
        default=1,
    )


def _outputs(graph: Graph, samples: torch.Tensor) -> torch.Tensor:
    (name,) = graph.inputs
    values = evaluate(graph, quantize_input(graph, samples, name), keep=graph.outputs)
    return torch.cat([values[out].reshape(len(samples), -1) for out in graph.outputs], dim=1)


def _compared(bits: int, graph: Graph, wide: torch.Tensor, narrow: torch.Tensor) -> Width:
    distance = (wide.int() - narrow.int()).abs()
    return Width(
        bits=bits,
        graph=graph,
        values=distance.numel(),
        differing=int((distance > 0).sum()),
        largest=int(distance.max()),
        same_class=float((wide.argmax(1) == narrow.argmax(1)).float().mean()),
    )
