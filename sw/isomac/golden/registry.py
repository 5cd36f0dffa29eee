"""Which function evaluates which operator."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch

from isomac.graph.graph import Graph
from isomac.graph.operation import Operation

OperationT = TypeVar("OperationT", bound=Operation)

#: Called with the operation, its graph and its operands, int8 (N, ...) each; returns int8 (N, ...).
Evaluator = Callable[[OperationT, Graph, Sequence[torch.Tensor]], torch.Tensor]

#: The evaluator of every operator, filled as the modules in `operators/` are imported.
EVALUATORS: dict[type[Operation], Evaluator[Any]] = {}


def evaluates(
    operator: type[OperationT],
) -> Callable[[Evaluator[OperationT]], Evaluator[OperationT]]:
    """Return a decorator that makes a function the evaluator of `operator`."""

    def register(evaluator: Evaluator[OperationT]) -> Evaluator[OperationT]:
        if operator in EVALUATORS:
            raise TypeError(f"there are two evaluators of {operator.__name__}")
        EVALUATORS[operator] = evaluator
        return evaluator

    return register
