"""What the operators share while a graph becomes work."""

from typing import Any

import numpy as np
import pytest

from isomac.compile.context import LOWERINGS, Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.work import View
from isomac.graph.operators import OPERATORS
from isomac.graph.operators.clamp import Clamp
from tests.sw.small_graphs import convolution, graph, linear, tensor
from tests.sw.small_operations import RESHAPE, add, average_pool


def context(**tensors: tuple[int, ...]) -> Context:
    """Return a context for words of two channels, with these tensors besides `x` and `y`."""
    more = tuple(tensor(name, shape) for name, shape in tensors.items())
    return Context(graph(convolution(), tensors=more), 2)


def test_every_operator_has_a_lowering() -> None:
    assert set(LOWERINGS) == set(OPERATORS.values())


def test_two_lowerings_of_an_operator_are_an_error() -> None:
    with pytest.raises(TypeError, match="there are two lowerings of Clamp"):
        lowers(Clamp)(LOWERINGS[Clamp])


def test_vectors_are_maps_of_one_pixel() -> None:
    c = context(v=(7,))
    assert c.map_shape("v") == (7, 1, 1)
    assert c.map_shape("x") == (2, 4, 4)
    assert c.dense_view("v").layout == Layout.dense(7, 1, 1, 2)
    assert c.buffers == {"v": 4}
    assert c.zero_point("v") == 3


def test_an_alias_is_another_name_for_the_same_words() -> None:
    c = context()
    view = c.dense_view("x")
    c.alias("y", view)
    assert c.view("y") == view
    assert c.buffers == {"x": 16}


def test_a_buffer_inside_another_is_found_there() -> None:
    c = context(outer=(6, 4, 4), outermost=(10, 4, 4))
    inner = c.dense_view("y")
    outer, outermost = c.dense_view("outer"), c.dense_view("outermost")
    assert c.merge(inner, outer, 2)
    assert c.resolve(inner) == View("outer", 2, inner.layout)
    assert c.merge(outer, outermost, 1)
    assert c.resolve(inner) == View("outermost", 3, inner.layout)
    assert c.resolve(outermost) == outermost


def test_some_buffers_stay_where_they_are() -> None:
    c = context(outer=(6, 4, 4), other=(6, 4, 4))
    arriving, inner = c.dense_view("x"), c.dense_view("y")
    outer, other = c.dense_view("outer"), c.dense_view("other")
    # An input of the graph arrives at an address of its own.
    assert not c.merge(arriving, outer, 0)
    # A part of a buffer is not all of it.
    assert not c.merge(View("outer", 1, inner.layout), other, 0)
    assert c.resolve(outer) == outer
    # Nobody lies in two places.
    assert c.merge(inner, outer, 0)
    assert not c.merge(inner, other, 1)
    assert c.resolve(inner) == View("outer", 0, inner.layout)


def test_a_flattened_map_is_a_vector() -> None:
    """Channel c of pixel p is byte c % M of word c // M * 16 + p of the map."""
    c = context(z=(32,))
    c.alias("z", c.dense_view("y"))
    layout = c.map_view(add(inputs=("x", "z")), 1).layout
    assert (layout.height, layout.width, layout.channels) == (1, 1, 32)
    lanes = c.word_channels
    assert layout.slots == tuple(
        (channel // lanes * 16 + pixel) * lanes + channel % lanes
        for channel in range(2)
        for pixel in range(16)
    )


def test_a_flattened_map_of_one_pixel_still_has_its_channels() -> None:
    c = context(z=(2,))
    c.alias("z", View("y", 0, Layout.dense(2, 1, 1, 2)))
    assert c.map_view(add(inputs=("x", "z")), 1).layout.channels == 2


@pytest.mark.parametrize(
    ("operations", "shift"),
    [
        ([convolution(multiplier=np.array([5, 1023]))], 9),
        ([convolution(multiplier=np.array([5, 1024]))], 10),
        ([convolution(multiplier=np.array([0, 0]))], 1),
        ([convolution(multiplier=np.array([1, 1])), average_pool(multiplier=70)], 6),
        ([convolution(multiplier=np.array([1, 1])), add(multipliers=(3, 2**31 - 1))], 30),
        ([RESHAPE, linear(multiplier=np.array([4, 4]))], 2),
    ],
)
def test_copies_are_no_wider_than_the_widest_multiplier(operations: list[Any], shift: int) -> None:
    assert Context(graph(*operations), 2).identity_shift == shift
