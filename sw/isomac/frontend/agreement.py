"""How far the integer graph agrees with the fake-quantized network it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.fx import GraphModule, Interpreter, Node

from isomac.frontend.calibration import Batch, to_batch
from isomac.frontend.lowering import TENSOR_KEY
from isomac.golden.borders import quantize_input
from isomac.golden.evaluate import evaluate
from isomac.golden.registry import EVALUATORS
from isomac.graph.graph import Graph


@dataclass(frozen=True)
class Agreement:
    """What differs between two int8 results for the same inputs.

    Members
    -------
    top1
        Share of the positions, batch times pixels, at which the largest channel is the same: 0 to
        1.
    bytes_differ, bytes_total
        Number of values that are not the same, and of all values.
    largest_difference
        In steps.
    """

    top1: float
    bytes_differ: int
    bytes_total: int
    largest_difference: int

    @property
    def share(self) -> float:
        """Share of the values that differ, 0 to 1."""
        return self.bytes_differ / self.bytes_total


def agreement(graph: Graph, reference_module: GraphModule, inputs: Batch) -> Agreement:
    """Compare the outputs of `graph` with those of the network it was made from, end to end.

    Parameters
    ----------
    graph, reference_module
        From `quantize_with_reference`.
    inputs
        Real inputs (N, ...).
    """
    batch = to_batch(inputs, "the inputs")
    actual = evaluate(graph, quantize_input(graph, batch), keep=graph.outputs)
    expected = reference_tensors(reference_module, batch)
    return _compare([(actual[name], expected[name]) for name in graph.outputs])


def agreement_by_layer(
    graph: Graph, reference_module: GraphModule, inputs: Batch
) -> dict[str, Agreement]:
    """Compare operation by operation, where each reads what the reference read.

    Differences do not add up along the network, so that each figure belongs to one operation.

    Returns
    -------
    dict
        By the name of the operation, in order.
    """
    batch = to_batch(inputs, "the inputs")
    expected = reference_tensors(reference_module, batch)
    values = dict(expected)
    figures = {}
    for operation in graph.operations:
        operands = [values[name] for name in operation.inputs]
        with torch.no_grad():
            result = EVALUATORS[type(operation)](operation, graph, operands)
        # Where one node of the reference is two operations, what is between them is not known.
        values.setdefault(operation.output, result)
        if operation.output in expected:
            figures[operation.name] = _compare([(result, expected[operation.output])])
    return figures


def reference_tensors(
    reference_module: GraphModule, inputs: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Return the int8 value (N, ...) of every tensor of the graph that the reference knows."""
    recorder = _Recorder(reference_module)
    with torch.no_grad():
        recorder.run(inputs)
    return recorder.tensors


class _Recorder(Interpreter):
    """Runs the reference and keeps what the quantize nodes return."""

    def __init__(self, module: GraphModule) -> None:
        super().__init__(module)
        self.tensors: dict[str, torch.Tensor] = {}

    def run_node(self, n: Node) -> Any:
        result = super().run_node(n)
        if TENSOR_KEY in n.meta:
            self.tensors[n.meta[TENSOR_KEY]] = result
        return result


def _compare(pairs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> Agreement:
    same, positions, differ, total, largest = 0, 0, 0, 0, 0
    for actual, expected in pairs:
        same_class = actual.argmax(1) == expected.argmax(1)
        difference = (actual.to(torch.int16) - expected.to(torch.int16)).abs()
        same += int(same_class.sum())
        positions += same_class.numel()
        differ += int((difference > 0).sum())
        total += difference.numel()
        largest = max(largest, int(difference.max()))
    return Agreement(same / positions, differ, total, largest)
