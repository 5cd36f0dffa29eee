"""Flattened maps that something else than a linear layer reads: a vector in another order."""

from typing import Any

import numpy as np
import pytest

from isomac.graph.operation import Operation
from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.reshape import Reshape
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import layer
from tests.sw.small_graphs import graph, linear, tensor
from tests.sw.small_operations import add, aligned_add, lookup, scale

FLATTEN = Reshape(name="flatten", inputs=("y",), output="f")
SIZE = 24


def shapes(**more: tuple[int, ...]) -> dict[str, Any]:
    """Return the tensors of a map of four channels and its flattened values."""
    names = {"x": (4, 2, 3), "y": (4, 2, 3), "f": (SIZE,), **more}
    return {"tensors": tuple(tensor(name, shape) for name, shape in names.items())}


@pytest.mark.parametrize(
    "operation",
    [
        add(inputs=("f", "f")),
        aligned_add(inputs=("f", "f")),
        lookup(inputs=("f",)),
        scale(SIZE, inputs=("f",), factor=np.arange(SIZE, dtype=np.int32) * 20 - 255),
    ],
    ids=lambda operation: operation.label,
)
def test_value_by_value(operation: Operation) -> None:
    check_all(graph(layer("conv", "x", "y", (4, 4)), FLATTEN, operation, **shapes(z=(SIZE,))))


@pytest.mark.parametrize("order", [("f", "v"), ("v", "f"), ("f", "f"), ("f", "v", "f")])
def test_side_by_side_with_a_vector(order: tuple[str, ...]) -> None:
    """A linear layer reads what comes out, whatever lies where."""
    pool = layer("other", "x", "p", (4, 5), (2, 3))
    total = sum({"f": SIZE, "v": 5}[name] for name in order)
    check_all(
        graph(
            layer("conv", "x", "y", (4, 4)),
            FLATTEN,
            pool,
            Reshape(name="small", inputs=("p",), output="v"),
            Concatenate(name="join", inputs=order, output="j"),
            fully(total),
            **shapes(p=(5, 1, 1), v=(5,), j=(total,), z=(3,)),
        )
        if "v" in order
        else graph(
            layer("conv", "x", "y", (4, 4)),
            FLATTEN,
            Concatenate(name="join", inputs=order, output="j"),
            fully(total),
            **shapes(j=(total,), z=(3,)),
        )
    )


def fully(inputs: int) -> Operation:
    """Return a linear layer of three outputs over the joined values."""
    rng = np.random.default_rng(inputs)
    return linear(
        inputs=("j",),
        output="z",
        weight=rng.integers(-128, 128, (3, inputs), np.int8),
        bias=np.zeros(3, np.int32),
        multiplier=np.full(3, 2**30),
        shift=np.full(3, 40),
    )


def test_a_sum_with_a_vector_in_order() -> None:
    """One of the two is put in order first."""
    check_all(
        graph(
            layer("conv", "x", "y", (4, 4)),
            FLATTEN,
            layer("other", "x", "p", (4, SIZE), (2, 3)),
            Reshape(name="small", inputs=("p",), output="v"),
            add(inputs=("f", "v")),
            **shapes(p=(SIZE, 1, 1), v=(SIZE,), z=(SIZE,)),
        )
    )
