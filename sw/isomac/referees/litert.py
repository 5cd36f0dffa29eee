"""LiteRT as a referee of networks that were imported from TFLite.

Its reference kernels say what a TFLite file computes. Those that it takes by default, XNNPACK's,
round in other places and differ from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from isomac.importers.tflite.imported import ImportedTflite
from isomac.referees.registry import Case, referee
from isomac.referees.result import Agreement, Pair, compare
from isomac.referees.tflite_inputs import fed


@referee("litert", packages=("ai_edge_litert",), formats=("TFLite",))
def litert(case: Case) -> Agreement:
    """Compare every tensor that the file has too, but inputs that are fed as they are."""
    from importlib.metadata import version

    kernels = f"ai-edge-litert {version('ai-edge-litert')} BUILTIN_REF"
    return compare("litert", kernels, _pairs(case))


def _pairs(case: Case) -> Iterator[Pair]:
    imported = case.imported
    assert isinstance(imported, ImportedTflite)
    interpreter = _interpreter(imported)
    fed_indices = {imported.borders[name].index for name in case.graph.inputs}
    places = {
        name: place for name, place in imported.places.items() if place.index not in fed_indices
    }
    count = len(case.tensors[case.graph.inputs[0]])
    for sample in range(count):
        for name in case.graph.inputs:
            values = fed(imported, name, case.tensors[name][sample : sample + 1])
            index = imported.borders[name].index
            # A network may leave the batch open, and has a batch of 1 then.
            interpreter.set_tensor(index, values.reshape(interpreter.get_tensor(index).shape))
        interpreter.invoke()
        for name, place in places.items():
            values = interpreter.get_tensor(place.index).reshape(1, -1)
            found = place.to_graph(values, case.graph.tensor(name).shape)
            yield np.ascontiguousarray(found), case.tensors[name][sample : sample + 1]


def _interpreter(imported: ImportedTflite) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=imported.file.data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
        num_threads=1,
    )
    interpreter.allocate_tensors()
    return interpreter
