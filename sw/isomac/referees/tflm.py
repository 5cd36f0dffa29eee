"""TFLite Micro as a referee of networks that were imported from TFLite.

Where its kernels and LiteRT's reference kernels disagree, the golden model follows LiteRT: TFLite
Micro rounds twice in FULLY_CONNECTED, and its RELU6 ignores a change of scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.importers.tflite.imported import ImportedTflite
from isomac.referees.registry import Bytes, Case, referee
from isomac.referees.result import Agreement, Pair, compare
from isomac.referees.tflite_inputs import fed

#: Bytes of working memory: for what the interpreter needs itself, and for each byte of a file and
#: of all activations.
_ARENA = 1 << 20
_ARENA_PER_BYTE = 10


@referee("tflm", packages=("tflite_micro", "ai_edge_litert"), formats=("TFLite",))
def tflm(case: Case) -> Agreement:
    """Compare the outputs; TFLite Micro does not keep what is between."""
    from importlib.metadata import version

    kernels = f"tflite-micro {version('tflite-micro')}"
    imported = case.imported
    assert isinstance(imported, ImportedTflite)
    interpreter = _interpreter(case, imported)
    if interpreter is None:
        return compare("tflm", kernels, [], [f"{case.name}: TFLite Micro has not all it needs"])
    return compare("tflm", kernels, _pairs(case, imported, interpreter))


def _pairs(case: Case, imported: ImportedTflite, interpreter: Any) -> Iterator[Pair]:
    entries, exits = _borders(imported.file.data)
    count = len(case.tensors[case.graph.inputs[0]])
    for sample in range(count):
        for name in case.graph.inputs:
            values = fed(imported, name, case.tensors[name][sample : sample + 1])
            position = entries.index(imported.borders[name].index)
            shape = tuple(interpreter.get_input_details(position)["shape"])
            interpreter.set_input(values.reshape(shape), position)
        interpreter.invoke()
        for name in case.graph.outputs:
            position = exits.index(imported.borders[name].index)
            found = _result(case, imported, name, interpreter.get_output(position).reshape(1, -1))
            yield found, case.tensors[name][sample : sample + 1]


def _result(case: Case, imported: ImportedTflite, name: str, values: npt.NDArray[Any]) -> Bytes:
    """An output as the graph has it; the file may turn it into real numbers at the end."""
    place, border = imported.places[name], imported.borders[name]
    if values.dtype == np.float32:
        values = border.quantize(values)
    elif values.dtype == np.uint8:
        values = (values.astype(np.int16) - 128).astype(np.int8)
    shape = case.graph.tensor(name).shape
    return np.ascontiguousarray(place.order.to_graph(values)).reshape(1, *shape)


def _interpreter(case: Case, imported: ImportedTflite) -> Any:
    """The interpreter, None if it lacks an operator."""
    from tflite_micro import runtime

    activations = sum(tensor.elements for tensor in case.graph.tensors)
    arena = _ARENA + _ARENA_PER_BYTE * (len(imported.file.data) + activations)
    try:
        return runtime.Interpreter.from_bytes(imported.file.data, arena_size=arena)
    except RuntimeError:
        return None


def _borders(data: bytes) -> tuple[list[int], list[int]]:
    """Tensors that are inputs and outputs of a file, in its order."""
    from ai_edge_litert.schema_py_generated import Model

    graph = Model.GetRootAs(data).Subgraphs(0)
    return (
        [int(index) for index in graph.InputsAsNumpy()],
        [int(index) for index in graph.OutputsAsNumpy()],
    )
