"""Copies that close gaps, with a matrix of ones and zeros."""

import numpy as np

from isomac.compile.context import Context
from isomac.compile.layout import Layout
from isomac.compile.realign import without_gaps
from isomac.compile.work import ArrayWork, Segmentation
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import add


def context() -> Context:
    """Return a context in which `x` has no gaps and `y`, of three channels, has some."""
    shapes = (tensor("x", (3, 4, 4)), tensor("y", (3, 4, 4)), tensor("z", (3, 4, 4)))
    c = Context(graph(convolution(), add(), tensors=shapes), 2)
    c.dense_view("x")
    c.new_view("y", Layout(2, 4, 4, (1, 2, 5)))
    return c


def test_what_has_no_gaps_stays() -> None:
    c = context()
    assert without_gaps(add(inputs=("x", "y")), 0, c) == c.view("x")
    assert c.layers == []


def test_gaps_are_closed_by_a_copy() -> None:
    c = context()
    before = c.view("y")
    copy = without_gaps(add(inputs=("x", "y")), 1, c)
    assert copy.buffer == "add:copy1"
    assert copy.layout == Layout.dense(3, 4, 4, 2)
    # The tensor itself still lies where it was.
    assert c.view("y") == before
    (layer,) = c.layers
    assert (layer.name, layer.label, layer.macs) == ("add:copy1", "copy", 0)
    assert (layer.tensor, layer.view) == ("y", copy)


def test_the_copy_moves_each_channel_to_its_slot() -> None:
    c = context()
    without_gaps(add(inputs=("x", "y")), 1, c)
    (work,) = c.layers[0].work
    assert isinstance(work, ArrayWork)
    assert (work.blocks, work.first_byte, work.last_byte) == (3, 1, 1)
    constants = work.constants(Segmentation(1, 1, 1, 1))
    # Two tiles of outputs read the slots 1 to 5: channels 0 and 1, then channel 2.
    expected = np.zeros((2, 5, 2), np.int8)
    expected[0, 0, 0] = expected[0, 1, 1] = expected[1, 4, 0] = 1
    assert constants.weights.tolist() == expected.reshape(10, 2).tolist()
    for value in range(-128, 128):
        product = value * int(constants.multiplier[0])
        shift = int(constants.shift[0])
        assert (product + (1 << (shift - 1))) >> shift == value
    assert constants.bias.tolist() == [0, 0, 0]
