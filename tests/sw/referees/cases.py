"""Cases for referees: a graph, random inputs, and what the golden model makes of them."""

from pathlib import Path

import numpy as np

from isomac.cli.vectors import random_inputs
from isomac.golden.evaluate import evaluate
from isomac.graph.graph import Graph
from isomac.importers import import_model
from isomac.importers.registry import Imported
from isomac.referees import Case

FIXTURES = Path(__file__).resolve().parent.parent / "importers" / "fixtures"
TFLITE = sorted((FIXTURES / "tflite").glob("*.tflite"))


def graph_case(graph: Graph, count: int = 4, imported: Imported | None = None) -> Case:
    """Return the case of a graph."""
    tensors = evaluate(graph, random_inputs(graph, count))
    arrays = {name: value.numpy() for name, value in tensors.items()}
    return Case("the case", graph, arrays, imported)


def file_case(path: Path, count: int = 4) -> Case:
    """Return the case of a model file."""
    imported = import_model(path)
    return graph_case(imported.graph, count, imported)


def with_fault(case: Case, name: str, step: int) -> Case:
    """Return a case whose golden model errs in the first value of one tensor, by some steps."""
    tensor = case.tensors[name].copy()
    value = int(tensor.flat[0])
    tensor.flat[0] = np.int8(value - step if value >= 0 else value + step)
    return Case(case.name, case.graph, {**case.tensors, name: tensor}, case.imported)
