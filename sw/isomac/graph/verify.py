"""Check every rule of the integer graph."""

from isomac.errors import GraphError
from isomac.graph.graph import Graph
from isomac.graph.operators import OPERATORS


def verify(graph: Graph) -> None:
    """Check that `graph` is complete and consistent, and that none of its sums can overflow.

    The form of a single tensor or field (dtype, rank, range of a shift) was checked when it was
    made. Here are the rules between them: names, order, shapes, equal quantization where an
    operator keeps it, padding against kernel, clamps, accumulators.

    Raises
    ------
    GraphError
        With one sentence about the first rule that is broken.
    """
    if not graph.operations:
        raise GraphError(f"{graph} has no operation")
    _check_names(graph)
    _check_order(graph)
    _check_borders(graph)
    for operation in graph.operations:
        operation.check(graph)


def _check_names(graph: Graph) -> None:
    """Names are unique, and every operator is a known one."""
    tensors: set[str] = set()
    for tensor in graph.tensors:
        if tensor.name in tensors:
            raise GraphError(f"{graph} has two tensors named {tensor.name!r}")
        tensors.add(tensor.name)
    operations: set[str] = set()
    for operation in graph.operations:
        if OPERATORS.get(type(operation).__name__) is not type(operation):
            raise GraphError(f"{operation} is no operator of the integer graph")
        if operation.name in operations:
            raise GraphError(f"{graph} has two operations named {operation.name!r}")
        operations.add(operation.name)


def _check_order(graph: Graph) -> None:
    """Every tensor comes into being exactly once, and before it is read."""
    names = {tensor.name for tensor in graph.tensors}
    ready: set[str] = set()
    for name in graph.inputs:
        if name not in names:
            raise GraphError(f"{graph}: input {name!r} is no tensor of the graph")
        if name in ready:
            raise GraphError(f"{graph} has two inputs named {name!r}")
        ready.add(name)
    for operation in graph.operations:
        for name in operation.inputs:
            if name not in names:
                raise GraphError(f"{operation}: input {name!r} is no tensor of the graph")
            if name not in ready:
                raise GraphError(f"{operation}: input {name!r} is read before it is produced")
        if operation.output not in names:
            raise GraphError(f"{operation}: output {operation.output!r} is no tensor of the graph")
        if operation.output in ready:
            raise GraphError(f"{operation}: output {operation.output!r} is produced twice")
        ready.add(operation.output)
    for tensor in graph.tensors:
        if tensor.name not in ready:
            raise GraphError(f"tensor {tensor.name!r} is neither an input nor produced")


def _check_borders(graph: Graph) -> None:
    """There are outputs, they are computed, and nothing is computed in vain."""
    if not graph.outputs:
        raise GraphError(f"{graph} has no output")
    outputs: set[str] = set()
    for name in graph.outputs:
        if name in outputs:
            raise GraphError(f"{graph} has two outputs named {name!r}")
        if graph.producer(name) is None:
            raise GraphError(f"{graph}: output {name!r} must be produced by an operation")
        outputs.add(name)
    for tensor in graph.tensors:
        if tensor.name not in outputs and not graph.consumers(tensor.name):
            raise GraphError(f"tensor {tensor.name!r} is neither read nor an output")
