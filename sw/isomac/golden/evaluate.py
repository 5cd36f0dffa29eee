"""Evaluate an integer graph, tensor by tensor."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from isomac.errors import IsomacError
from isomac.golden.operators import EVALUATORS
from isomac.graph.graph import Graph
from isomac.graph.verify import verify

Batch = torch.Tensor | npt.NDArray[Any]

#: Images are evaluated in chunks, so that the largest tensor of a chunk has about this many values:
#: some arrays of eight bytes a value are alive at a time.
_CHUNK_VALUES = 1 << 22


def evaluate(
    graph: Graph,
    inputs: Mapping[str, Batch] | Batch,
    keep: Iterable[str] | None = None,
) -> dict[str, torch.Tensor]:
    """Return the int8 value of every tensor of `graph` for a batch of inputs.

    Integer arithmetic only (float64 carries integers below 2**53 in the convolutions), so the
    result is the same on every machine and for every chunking of the batch.

    Parameters
    ----------
    graph
        Verified here.
    inputs
        int8 (N, *shape) for every input of the graph by name; for a graph with one input the array
        alone will do.
    keep
        Names of the tensors to return, all by default.

    Returns
    -------
    dict
        int8 (N, *shape) by name of tensor.

    Raises
    ------
    IsomacError
        If the graph breaks a rule, or an input is missing or has another dtype or shape.
    """
    verify(graph)
    batches = _checked_inputs(graph, inputs)
    names = [tensor.name for tensor in graph.tensors] if keep is None else list(keep)
    count = len(next(iter(batches.values())))
    kept = {
        name: torch.empty((count, *graph.tensor(name).shape), dtype=torch.int8) for name in names
    }
    chunk = max(1, _CHUNK_VALUES // max(tensor.elements for tensor in graph.tensors))
    for start in range(0, count, chunk):
        part = {name: batch[start : start + chunk] for name, batch in batches.items()}
        values = _evaluate_chunk(graph, part)
        for name in names:
            kept[name][start : start + chunk] = values[name]
    return kept


@torch.no_grad()
def _evaluate_chunk(graph: Graph, inputs: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    values = dict(inputs)
    for operation in graph.operations:
        evaluator = EVALUATORS[type(operation)]
        values[operation.output] = evaluator(
            operation, graph, [values[name] for name in operation.inputs]
        )
    return values


def _checked_inputs(graph: Graph, inputs: Mapping[str, Batch] | Batch) -> dict[str, torch.Tensor]:
    if not isinstance(inputs, Mapping):
        if len(graph.inputs) != 1:
            raise IsomacError(
                f"{graph} has the inputs {list(graph.inputs)}, give an array for each by name"
            )
        inputs = {graph.inputs[0]: inputs}
    if sorted(inputs) != sorted(graph.inputs):
        raise IsomacError(
            f"{graph} has the inputs {list(graph.inputs)}, what was given is {list(inputs)}"
        )
    batches = {name: _checked_input(graph, name, inputs[name]) for name in graph.inputs}
    counts = {name: len(batch) for name, batch in batches.items()}
    if len(set(counts.values())) > 1:
        raise IsomacError(f"{graph}: the inputs must have the same batch size, not {counts}")
    return batches


def _checked_input(graph: Graph, name: str, batch: Batch) -> torch.Tensor:
    if isinstance(batch, np.ndarray):
        if batch.dtype != np.int8:
            raise IsomacError(f"{graph}: input {name!r} must be int8, not {batch.dtype}")
        # A copy, since PyTorch does not accept read-only memory.
        batch = torch.from_numpy(batch.copy())
    if not isinstance(batch, torch.Tensor) or batch.dtype != torch.int8:
        kind = batch.dtype if isinstance(batch, torch.Tensor) else type(batch).__name__
        raise IsomacError(f"{graph}: input {name!r} must be an int8 array, not {kind}")
    shape = graph.tensor(name).shape
    if batch.ndim != len(shape) + 1 or tuple(batch.shape[1:]) != shape:
        expected = ", ".join(str(size) for size in ("N", *shape))
        raise IsomacError(
            f"{graph}: input {name!r} must have shape ({expected}), not {tuple(batch.shape)}"
        )
    if math.prod(batch.shape) == 0:
        raise IsomacError(f"{graph}: input {name!r} must hold at least one image")
    return batch
