"""Reshapes: the same words under another name, or a sentence."""

import pytest

from isomac.compile.lowering import lower
from isomac.errors import IsomacError
from isomac.graph.operators.reshape import Reshape
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import layer
from tests.sw.small_graphs import graph, tensor

Shape = tuple[int, ...]


def reshape(name: str, source: str, output: str) -> Reshape:
    """Return a reshape; the tensors say to what."""
    return Reshape(name=name, inputs=(source,), output=output)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((2, 3, 4), (24,)),
        ((2, 3, 4), (2, 3, 4)),
        ((5, 1, 1), (5,)),
        ((1, 1, 7), (7,)),
    ],
)
def test_words_that_may_stay(before: Shape, after: Shape) -> None:
    shapes = (tensor("x", before), tensor("y", before), tensor("z", after))
    lowered = check_all(
        graph(
            layer("conv", "x", "y", (before[0], before[0])),
            reshape("flatten", "y", "z"),
            tensors=shapes,
        )
    )
    assert lowered.outputs[0].buffer == "y"
    assert [layer.name for layer in lowered.layers] == ["conv"]


def test_back_to_the_map_that_it_was() -> None:
    """A flattened map still knows its channels."""
    shapes = tuple(
        tensor(name, shape)
        for name, shape in {
            "x": (2, 3, 4),
            "y": (2, 3, 4),
            "f": (24,),
            "m": (2, 3, 4),
            "z": (3, 3, 4),
        }.items()
    )
    check_all(
        graph(
            layer("conv", "x", "y", (2, 2)),
            reshape("flatten", "y", "f"),
            reshape("back", "f", "m"),
            layer("again", "m", "z", (2, 3)),
            tensors=shapes,
        )
    )


def test_a_vector_as_a_map_of_one_pixel() -> None:
    shapes = (tensor("x", (4,)), tensor("m", (4, 1, 1)), tensor("z", (3, 1, 1)))
    check_all(graph(reshape("map", "x", "m"), layer("conv", "m", "z", (4, 3)), tensors=shapes))


def test_another_order_of_rows_and_columns() -> None:
    shapes = (tensor("x", (4, 2, 6)), tensor("m", (4, 3, 4)), tensor("z", (3, 3, 4)))
    check_all(graph(reshape("map", "x", "m"), layer("conv", "m", "z", (4, 3)), tensors=shapes))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((2, 3, 4), (3, 2, 4)),
        ((2, 3, 4), (24, 1, 1)),
        ((2, 3, 4), (1, 1, 24)),
        ((8, 1, 1), (2, 2, 2)),
    ],
)
def test_values_that_would_have_to_move(before: Shape, after: Shape) -> None:
    network = graph(
        layer("conv", "x", "y", (before[0], before[0])),
        Reshape(name="turn", inputs=("y",), output="z", source="net.py:7"),
        tensors=(tensor("x", before), tensor("y", before), tensor("z", after)),
    )
    with pytest.raises(IsomacError) as caught:
        lower(network, 2)
    assert str(caught.value) == (
        f"Reshape 'turn' (net.py:7) turns {before} into {after}, which moves values; supported are "
        "flattening, and shapes that keep the channels"
    )
