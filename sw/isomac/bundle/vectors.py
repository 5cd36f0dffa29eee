"""Test vectors: words of the streams, and the golden model's tensor of every layer."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from isomac.bundle.words import input_stream, tensor_words, used_bytes
from isomac.compile.program import Program
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

    arriving = [
        input_stream(view.layout, tensors[name].numpy())
        for name, (view, _) in zip(graph.inputs, program.inputs, strict=True)
    ]
    leaving = [
        tensor_words(view.layout, tensors[name].numpy())
        for name, (view, _) in zip(graph.outputs, program.outputs, strict=True)
    ]
    arrays: dict[str, npt.NDArray[Any]] = {
        "input": np.concatenate(arriving, axis=1),
        "output": np.concatenate(leaving, axis=1),
        "output_mask": np.concatenate([used_bytes(view.layout) for view, _ in program.outputs]),
    }
    for index, layer in enumerate(program.layers):
        if layer.tensor is not None and layer.view is not None:
            layout = layer.view.layout
            shape = (count, layout.channels, layout.height, layout.width)
            arrays[f"layer_{index}"] = tensors[layer.tensor].numpy().reshape(shape)
    return arrays
