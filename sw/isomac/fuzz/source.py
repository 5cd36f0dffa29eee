"""A case as a Python file that runs it again."""

from dataclasses import fields
from pprint import pformat
from typing import Any

import numpy as np

from isomac.fuzz.case import FuzzCase
from isomac.graph.operation import Operation

_WIDTH = 96


def case_source(case: FuzzCase, shape_name: str, title: str, faults: str) -> str:
    """The text of a Python file: the graph, the inputs, and a main part that runs them.

    Parameters
    ----------
    case, shape_name
        What to run, and on which of `isomac.fuzz.shapes.SHAPES`.
    title, faults
        For the docstring: one line, and what was found.
    """
    graph = case.graph
    operators = sorted({type(operation) for operation in graph.operations}, key=_module)
    imports = [f"from {_module(operator)} import {operator.__name__}" for operator in operators]
    text = faults.replace("\\", "\\\\").replace('"""', "'''")
    lines = [
        f'"""{title}',
        "",
        text,
        '"""',
        "",
        "import sys",
        "",
        "import numpy as np",
        "",
        "from isomac.fuzz.replay import replay",
        "from isomac.graph.graph import Graph",
        *imports,
        "from isomac.graph.tensor import Tensor",
        "",
        "GRAPH = Graph(",
        f"    name={graph.name!r},",
        "    tensors=(",
        *(f"        {tensor!r}," for tensor in graph.tensors),
        "    ),",
        "    operations=(",
        *(_operation(operation) for operation in graph.operations),
        "    ),",
        f"    inputs={graph.inputs!r},",
        f"    outputs={graph.outputs!r},",
        ")",
        "INPUTS = {",
        *(f"    {name!r}: {_value(array)}," for name, array in case.inputs.items()),
        "}",
        "",
        'if __name__ == "__main__":',
        f"    sys.exit(replay(GRAPH, INPUTS, {shape_name!r}))",
        "",
    ]
    return "\n".join(lines)


def _module(operator: type[Operation]) -> str:
    return operator.__module__


def _operation(operation: Operation) -> str:
    arguments = [
        f"            {field.name}={_value(getattr(operation, field.name))},"
        for field in fields(operation)
    ]
    name = type(operation).__name__
    return "\n".join([f"        {name}(", *arguments, "        ),"])


def _value(value: Any) -> str:
    """An expression for a field: arrays with their type, everything else as it prints itself."""
    if isinstance(value, np.ndarray):
        return f"np.array({pformat(value.tolist(), width=_WIDTH, compact=True)}, np.{value.dtype})"
    return repr(value)
