"""Linear layers on vectors and on flattened maps."""

from typing import Any

import numpy as np
import pytest

from isomac.compile.work import ArrayWork
from isomac.graph.operators.linear import Linear
from isomac.graph.operators.reshape import Reshape
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import after_gaps
from tests.sw.small_graphs import graph, linear, tensor


def classifier(source: str, features: int, outputs: int, **changes: Any) -> Linear:
    """Return a linear layer with random weights to `z`."""
    rng = np.random.default_rng(features)
    fields: dict[str, Any] = {
        "inputs": (source,),
        "output": "z",
        "weight": rng.integers(-128, 128, (outputs, features), np.int8),
        "bias": rng.integers(-3000, 3000, outputs).astype(np.int32),
        "multiplier": rng.integers(2**29, 2**30, outputs),
        "shift": rng.integers(36, 39, outputs),
    }
    return linear(**{**fields, **changes})


@pytest.mark.parametrize(("features", "outputs"), [(1, 1), (1, 9), (9, 1), (4, 4), (13, 7)])
def test_vectors(features: int, outputs: int) -> None:
    shapes = (tensor("x", (features,)), tensor("z", (outputs,)))
    lowered = check_all(graph(classifier("x", features, outputs), tensors=shapes))
    (work,) = lowered.work
    assert isinstance(work, ArrayWork)
    assert (work.dense, work.kernel, work.output_size) == (True, (1, 1), (1, 1))


@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 1, 1), (1, 3, 4), (3, 2, 5), (6, 4, 1)])
def test_flattened_maps(shape: tuple[int, int, int]) -> None:
    """The kernel is the whole map, with features in (C, H, W) order."""
    features = shape[0] * shape[1] * shape[2]
    flatten = Reshape(name="flatten", inputs=("x",), output="f")
    shapes = (tensor("x", shape), tensor("f", (features,)), tensor("z", (3,)))
    lowered = check_all(graph(flatten, classifier("f", features, 3), tensors=shapes))
    (work,) = lowered.work
    assert isinstance(work, ArrayWork)
    assert work.kernel == shape[1:]


def test_a_flattened_map_with_gaps() -> None:
    flatten = Reshape(name="flatten", inputs=("c",), output="f")
    shapes = (tensor("f", (96,)), tensor("z", (5,)))
    check_all(after_gaps(flatten, classifier("f", 96, 5), tensors=shapes))


def test_a_vector_after_a_vector() -> None:
    first = classifier("x", 9, 7, output="h")
    second = classifier("h", 7, 3, name="second")
    shapes = (tensor("x", (9,)), tensor("h", (7,), zero_point=-50), tensor("z", (3,)))
    check_all(graph(first, second, tensors=shapes))
