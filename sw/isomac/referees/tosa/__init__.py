"""The TOSA reference model as a referee: it needs nothing but the integer graph.

Every operation of the graph is expressed in TOSA's operators and computed by the reference model
from the operands that the golden model expects, so that each is judged on its own; where all agree,
the network agrees.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.referees.registry import Bytes, Case, referee
from isomac.referees.result import Agreement, Pair, compare
from isomac.referees.tosa import operators as operators  # fills the table of expressions
from isomac.referees.tosa.network import Network, NotExpressible
from isomac.referees.tosa.registry import EXPRESSIONS

#: Inputs are judged in chunks, so that the largest tensor of a chunk has about this many values.
_CHUNK_VALUES = 1 << 20


@referee("tosa", packages=("tosa_serializer", "tosa_reference_model"))
def tosa(case: Case) -> Agreement:
    """Compare the result of every operation that TOSA can express."""
    from importlib.metadata import version

    pairs: list[Pair] = []
    not_judged = []
    for operation in case.graph.operations:
        try:
            pairs += list(_pairs(case, operation))
        except NotExpressible as reason:
            not_judged.append(f"{operation.name} ({operation.label}): {reason}")
    kernels = f"tosa-tools {version('tosa-tools')} reference model"
    return compare("tosa", kernels, pairs, not_judged)


def _pairs(case: Case, operation: Operation) -> Iterator[Pair]:
    expression = EXPRESSIONS.get(type(operation))
    if expression is None:
        raise NotExpressible("TOSA has no such operation")
    operands = [_to_tosa(case.tensors[name]) for name in operation.inputs]
    expected = case.tensors[operation.output]
    largest = max(array[0].size for array in (*operands, expected))
    chunk = max(1, _CHUNK_VALUES // largest)
    for start in range(0, len(expected), chunk):
        parts = [operand[start : start + chunk] for operand in operands]
        network = Network()
        values = [network.input(part.shape) for part in parts]
        result = network.run(expression(network, operation, case.graph, values), parts)
        yield _from_tosa(result, case.graph, operation.output), expected[start : start + chunk]


def _to_tosa(values: Bytes) -> Bytes:
    """Return (N, C, H, W) or (N, F) as (N, H, W, C)."""
    maps = values if values.ndim == 4 else values[:, :, np.newaxis, np.newaxis]
    return np.ascontiguousarray(maps.transpose(0, 2, 3, 1))


def _from_tosa(values: Bytes, graph: Graph, name: str) -> Bytes:
    shape = graph.tensor(name).shape
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2)).reshape(len(values), *shape)
