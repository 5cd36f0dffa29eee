"""Which function expresses which operator of the integer graph in TOSA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.referees.tosa.network import Network, Value

#: Takes the network, the operation, its graph and its operands; returns the result.
Expression = Callable[[Network, Any, Graph, Sequence[Value]], Value]

#: Filled as the modules of `isomac.referees.tosa.operators` are imported.
EXPRESSIONS: dict[type[Operation], Expression] = {}

F = TypeVar("F", bound=Expression)


def expresses(operator: type[Operation]) -> Callable[[F], F]:
    """Return a decorator that makes a function the expression of an operator."""

    def register(expression: F) -> F:
        if operator in EXPRESSIONS:
            raise TypeError(f"there are two expressions of {operator.__name__}")
        EXPRESSIONS[operator] = expression
        return expression

    return register
