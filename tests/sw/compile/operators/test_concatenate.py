"""Concatenations: no work where the parts can lie side by side from the start."""

import pytest

from isomac.compile.lowering import Lowered
from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.reshape import Reshape
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.small_graphs import graph, tensor


def join(*inputs: str, name: str = "join") -> Concatenate:
    """Return a concatenation to the tensor of its name."""
    return Concatenate(name=name, inputs=inputs, output=name)


def copies(lowered: Lowered) -> list[str]:
    """Return the names of the layers that only move bytes."""
    return [layer.name for layer in lowered.layers if layer.label == "copy"]


@pytest.mark.parametrize("channels", [(1, 1), (3, 5), (4, 4), (8, 1)])
def test_parts_are_computed_where_they_belong(channels: tuple[int, int]) -> None:
    first = layer("first", "x", "a", (2, channels[0]))
    second = layer("second", "x", "b", (2, channels[1]))
    shapes = tuple(
        tensor(name, (count, 4, 4))
        for name, count in (("a", channels[0]), ("b", channels[1]), ("join", sum(channels)))
    )
    lowered = check_all(graph(first, second, join("b", "a"), tensors=shapes))
    assert copies(lowered) == []
    assert set(lowered.buffers) == {"x", "join"}


def test_inputs_of_the_graph_are_copied() -> None:
    shapes = (tensor("a", (3, 4, 4)), tensor("join", (5, 4, 4)))
    lowered = check_all(graph(layer("first", "x", "a", (2, 3)), join("x", "a"), tensors=shapes))
    assert copies(lowered) == ["join:copy0"]


def test_the_same_part_twice_is_copied_once() -> None:
    shapes = (tensor("a", (3, 4, 4)), tensor("join", (9, 4, 4)))
    lowered = check_all(
        graph(layer("first", "x", "a", (2, 3)), join("a", "a", "a"), tensors=shapes)
    )
    assert copies(lowered) == ["join:copy1", "join:copy2"]


def test_a_part_of_two_concatenations_is_copied_for_the_second() -> None:
    shapes = tuple(
        tensor(name, (count, 4, 4)) for name, count in (("a", 3), ("b", 2), ("one", 5), ("two", 5))
    )
    both = graph(
        layer("first", "x", "a", (2, 3)),
        layer("second", "a", "b", (3, 2)),
        join("a", "b", name="one"),
        join("b", "a", name="two"),
        outputs=("one", "two"),
        tensors=shapes,
    )
    assert copies(check_all(both)) == ["two:copy0", "two:copy1"]


def test_a_concatenation_inside_another() -> None:
    shapes = (tensor("outer", (12, 4, 4)),)
    lowered = check_all(after_gaps(join("c", "a", "b", name="outer"), tensors=shapes))
    # Its parts lie in it already, and the third and fourth are the same.
    assert copies(lowered) == ["outer:copy1", "outer:copy2"]


def test_vectors() -> None:
    flatten = Reshape(name="flatten", inputs=("a",), output="v")
    shapes = (
        tensor("x", (2, 1, 1)),
        tensor("a", (3, 1, 1)),
        tensor("v", (3,)),
        tensor("b", (5, 1, 1)),
        tensor("w", (5,)),
        tensor("join", (8,)),
    )
    lowered = check_all(
        graph(
            layer("first", "x", "a", (2, 3)),
            flatten,
            layer("second", "x", "b", (2, 5)),
            Reshape(name="flatten_b", inputs=("b",), output="w"),
            join("v", "w"),
            tensors=shapes,
        )
    )
    assert copies(lowered) == []
