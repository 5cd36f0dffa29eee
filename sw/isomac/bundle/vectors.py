"""Test vectors: words for the streams, and the expected tensor of every layer, from the golden model."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from isomac.bundle.words import tensor_words, used_bytes
from isomac.compile.program import Program
from isomac.compile.work import View
from isomac.errors import IsomacError
from isomac.golden.evaluate import evaluate


def vectors(
    program: Program, inputs: dict[str, npt.NDArray[np.int8]]
) -> dict[str, npt.NDArray[Any]]:
    """The arrays of `vectors.npz` for int8 inputs (N, *shape) by name.

    Raises
    ------
    IsomacError
        If there is not a single input.
    """
    graph = program.graph
    count = len(next(iter(inputs.values())))
    if count < 1:
        raise IsomacError("test vectors must hold at least one input")
    tensors = evaluate(graph, {name: torch.from_numpy(value) for name, value in inputs.items()})

    def stream(names: tuple[str, ...], views: tuple[tuple[View, int], ...]) -> npt.NDArray[np.int8]:
        parts = [
            tensor_words(view.layout, tensors[name].numpy())
            for name, (view, _) in zip(names, views, strict=True)
        ]
        return np.concatenate(parts, axis=1)

    arrays: dict[str, npt.NDArray[Any]] = {
        "input": stream(graph.inputs, program.inputs),
        "output": stream(graph.outputs, program.outputs),
        "output_mask": np.concatenate([used_bytes(view.layout) for view, _ in program.outputs]),
    }
    for index, layer in enumerate(program.layers):
        if layer.tensor is not None and layer.view is not None:
            layout = layer.view.layout
            shape = (count, layout.channels, layout.height, layout.width)
            arrays[f"layer_{index}"] = tensors[layer.tensor].numpy().reshape(shape)
    return arrays
