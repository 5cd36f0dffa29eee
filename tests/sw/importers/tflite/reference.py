"""TFLite's reference kernels beside the golden model: every tensor, byte by byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.golden import evaluate
from isomac.importers import import_model
from isomac.importers.tflite.imported import ImportedTflite

Values = npt.NDArray[Any]


def load(path: Path) -> ImportedTflite:
    imported = import_model(path)
    assert isinstance(imported, ImportedTflite)
    return imported


def random_inputs(imported: ImportedTflite, count: int, seed: int = 0) -> dict[str, Values]:
    """Random bytes over the full range; some images of one byte, since those reach extremes."""
    rng = np.random.default_rng(seed)
    inputs = {}
    for name in imported.graph.inputs:
        shape = (count, *imported.graph.tensor(name).shape)
        values = rng.integers(-128, 128, shape, np.int8)
        for index, byte in enumerate((-128, 127, 0)[: max(0, count - 1)]):
            values[index] = byte
        inputs[name] = values
    return inputs


def interpreter(path: Path, *, tensors: bool = True) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    result = Interpreter(
        str(path),
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=tensors,
    )
    result.allocate_tensors()
    return result


def reference_tensors(
    path: Path, imported: ImportedTflite, inputs: dict[str, Values]
) -> dict[str, Values]:
    """Return what the reference kernels compute, for every tensor of the graph, as it has them."""
    engine = interpreter(path)
    graph = imported.graph
    fed = {name: _of_border(imported, name, values) for name, values in inputs.items()}
    shapes = {entry["index"]: entry["shape"] for entry in engine.get_input_details()}
    parts: dict[str, list[Values]] = {tensor.name: [] for tensor in graph.tensors}
    for image in range(len(next(iter(inputs.values())))):
        for name, values in fed.items():
            index = imported.borders[name].index
            engine.set_tensor(index, values[image].reshape(shapes[index]))
        engine.invoke()
        for name, part in parts.items():
            part.append(engine.get_tensor(imported.places[name].index).reshape(1, -1))
    return {
        name: imported.places[name].to_graph(np.concatenate(part), graph.tensor(name).shape)
        for name, part in parts.items()
    }


def _of_border(imported: ImportedTflite, name: str, values: Values) -> Values:
    border, place = imported.borders[name], imported.places[name]
    if border.kind == "FLOAT32":
        return border.dequantize(place.to_file(values))
    return place.to_file(values)


def differences(path: Path, count: int, seed: int = 0) -> dict[str, int]:
    """Return for every tensor of the graph how many of its values differ on random inputs."""
    imported = load(path)
    return differences_on(path, imported, random_inputs(imported, count, seed))


def differences_on(
    path: Path, imported: ImportedTflite, inputs: dict[str, Values]
) -> dict[str, int]:
    expected = reference_tensors(path, imported, inputs)
    actual = evaluate(imported.graph, inputs)
    return {
        name: int(np.count_nonzero(values != actual[name].numpy()))
        for name, values in expected.items()
    }
