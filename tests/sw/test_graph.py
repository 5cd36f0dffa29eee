"""Tensors, operations and graphs as objects: what they accept, find and are equal to."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from isomac.errors import GraphError, IsomacError
from isomac.fuzz.generator.graphs import random_graph
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.graph.operators import OPERATORS
from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.add import Add
from isomac.graph.operators.reshape import Reshape
from tests.sw.small_graphs import after_convolution, convolution, graph, linear, tensor


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "the name of a tensor must be a string of 1 to 1000 printable characters"),
        ({"name": "a\nb"}, r"printable characters, not 'a\\nb'"),
        ({"name": 3}, "printable characters, not 3"),
        ({"shape": (2, 3)}, r"tensor 'x': shape must be \(C, H, W\) or \(F,\), not \(2, 3\)"),
        ({"shape": 5}, r"tensor 'x': shape must be \(C, H, W\) or \(F,\), not 5"),
        ({"shape": (2, 0, 3)}, r"tensor 'x': shape must be in \[1, 16777216\], not 0"),
        ({"shape": (2.0,)}, r"tensor 'x': shape must be an integer, not 2.0"),
        ({"shape": (2**14, 2**14, 2)}, "holds more than 268435456 values"),
        ({"scale": 0.0}, r"scale must be in \[2\*\*-64, 2\*\*64\], not 0.0"),
        ({"scale": -1}, r"scale must be in .*, not -1"),
        ({"scale": float("nan")}, r"scale must be in .*, not nan"),
        ({"scale": 10**400}, r"scale must be in .*, not 1000"),
        ({"scale": True}, "scale must be a number, not True"),
        ({"scale": "1"}, "scale must be a number, not '1'"),
        ({"zero_point": 128}, r"zero_point must be in \[-128, 127\], not 128"),
        ({"zero_point": -129}, r"zero_point must be in \[-128, 127\], not -129"),
    ],
)
def test_a_tensor_that_is_none(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        tensor(**{"name": "x", **changes})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "the name of an operation must be a string"),
        ({"source": "a\tb"}, "the source of operation 'convolution' must be a string"),
        ({"source": 5}, "the source of operation 'convolution' must be a string"),
        ({"inputs": "x"}, "inputs must be names of tensors, not 'x'"),
        ({"inputs": (1,)}, r"inputs must be names of tensors, not \(1,\)"),
        ({"inputs": ("x", "x")}, "must have 1 inputs, not 2"),
        ({"output": None}, "output must be the name of a tensor, not None"),
        ({"weight": [[1]]}, "weight must be a NumPy array, not list"),
        ({"weight": np.zeros((2, 2, 3, 3))}, "weight must have dtype int8, not float64"),
        ({"weight": np.zeros((2, 2), np.int8)}, "weight must have 4 dimensions, not 2"),
        ({"weight": np.zeros((0, 2, 3, 3), np.int8)}, "weight must have 1 to .* not 0"),
        ({"bias": np.zeros(2, np.int64)}, "bias must have dtype int32, not int64"),
        (
            {"multiplier": np.array([0, -1])},
            r"multiplier\[1\] must be in \[0, 2147483647\], not -1",
        ),
        ({"multiplier": np.array([2**31, 0])}, r"multiplier\[0\] must be in .* not 2147483648"),
        ({"shift": np.array([0, 1])}, r"shift\[0\] must be in \[1, 62\], not 0"),
        ({"shift": np.array([1, 63])}, r"shift\[1\] must be in \[1, 62\], not 63"),
        ({"stride": (1,)}, r"stride must be 2 integers, not \(1,\)"),
        ({"stride": (0, 1)}, r"stride must be in \[1, 65536\], not 0"),
        ({"dilation": (1, True)}, "dilation must be an integer, not True"),
        ({"padding": (1, 1, 1, -1)}, r"padding must be in \[0, 65536\], not -1"),
        ({"groups": 0}, r"groups must be in \[1, 65536\], not 0"),
        ({"groups": np.zeros(2)}, "groups must be an integer, not array"),
        ({"quant_min": -129}, r"quant_min must be in \[-128, 127\], not -129"),
        ({"quant_max": 128}, r"quant_max must be in \[-128, 127\], not 128"),
    ],
)
def test_an_operation_that_is_none(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        convolution(**changes)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ((), r"rows must be a list of \(start, stop\), not \(\)"),
        (3, r"rows must be a list of \(start, stop\), not 3"),
        (((1, 1),), r"rows must have start < stop, not \(1, 1\)"),
        (((-1, 1),), "rows must be in .* not -1"),
        (((0, 1, 2),), r"rows must be 2 integers, not \(0, 1, 2\)"),
    ],
)
def test_windows_that_are_none(rows: Any, sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        AdaptiveAveragePool(
            name="pool",
            inputs=("x",),
            output="y",
            rows=rows,
            columns=((0, 1),),
            multiplier=np.ones((1, 1), np.int64),
            shift=np.ones((1, 1), np.int64),
            quant_min=0,
            quant_max=0,
        )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "the name of a graph must be a string"),
        ({"tensors": ("x",)}, "graph 'small': tensors must hold tensors, not 'x'"),
        ({"operations": (1,)}, "graph 'small': operations must hold operations, not 1"),
        ({"operations": None}, "graph 'small': operations must be a tuple of operations, not None"),
        ({"inputs": "x"}, "graph 'small': inputs must be a tuple of names of tensors, not 'x'"),
        ({"outputs": (1,)}, "graph 'small': outputs must hold names of tensors, not 1"),
    ],
)
def test_a_graph_that_is_none(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        replace(graph(convolution()), **changes)


def test_errors_are_what_the_user_sees() -> None:
    assert issubclass(GraphError, IsomacError)
    assert issubclass(IsomacError, ValueError)


def test_messages_name_the_line_of_the_user() -> None:
    assert str(convolution()) == "Convolution 'convolution'"
    assert str(convolution(source="model.py:12")) == "Convolution 'convolution' (model.py:12)"
    with pytest.raises(GraphError, match=r"^Convolution 'c' \(model.py:12\): groups must be"):
        convolution(name="c", source="model.py:12", groups=-1)


def test_arrays_are_copied_and_read_only() -> None:
    weight = np.zeros((2, 2, 3, 3), np.int8)
    operation = convolution(weight=weight)
    weight[...] = 1
    assert (operation.weight == 0).all()
    with pytest.raises(ValueError, match="read-only"):
        operation.weight[0, 0, 0, 0] = 1


def test_numpy_integers_and_lists_become_plain() -> None:
    operation = convolution(stride=[np.int64(1), 1], quant_min=np.int8(-5), inputs=["x"])
    assert operation.stride == (1, 1)
    assert type(operation.stride[0]) is int
    assert type(operation.quant_min) is int
    assert operation.inputs == ("x",)


def test_neighbours_are_found_by_name() -> None:
    add = Add(
        name="add",
        inputs=("y", "y"),
        output="z",
        multipliers=(1, 1),
        shift=1,
        quant_min=-128,
        quant_max=127,
    )
    case = after_convolution(add)
    first, second = case.operations
    assert case.tensor("y").name == "y"
    assert case.producer("x") is None
    assert case.producer("z") is second
    assert case.consumers("x") == (first,)
    assert case.consumers("y") == (second,)
    assert case.consumers("z") == ()
    for find in (case.tensor, case.producer, case.consumers):
        with pytest.raises(GraphError, match="graph 'small' has no tensor 'w'"):
            find("w")


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "convolution"),
        ({"weight": np.ones((2, 1, 3, 3), np.int8), "groups": 2}, "depthwise convolution"),
        ({"weight": np.ones((2, 1, 3, 3), np.int8)}, "convolution"),
        ({"weight": np.ones((2, 2, 3, 3), np.int8), "groups": 2}, "grouped convolution"),
    ],
)
def test_labels_of_convolutions(changes: dict[str, Any], label: str) -> None:
    assert convolution(**changes).label == label


def test_every_other_label_is_its_class_in_words() -> None:
    labels = {
        operation.label
        for seed in range(150)
        for operation in random_graph(np.random.default_rng(seed)).operations
    }
    # A table is named by its function; the other two are known by what they compute.
    others = {"Lookup", "AlignedAdd", "NewtonSoftmax"}
    names = OPERATORS.keys() - others
    words = {"".join(f" {c.lower()}" if c.isupper() else c for c in name) for name in names}
    assert {word.strip() for word in words} <= labels


def test_macs_are_the_logical_ones() -> None:
    assert graph(convolution()).macs == 2 * 4 * 4 * 2 * 3 * 3
    depthwise = convolution(weight=np.ones((2, 1, 3, 3), np.int8), groups=2)
    assert graph(depthwise).macs == 2 * 4 * 4 * 3 * 3
    vector = graph(linear(), tensors=(tensor("x", (4,)), tensor("y", (2,))))
    assert vector.macs == 8
    flat = Reshape(name="flat", inputs=("y",), output="z")
    assert after_convolution(flat, tensor("z", (32,))).macs == graph(convolution()).macs


def test_the_hash_is_that_of_the_computation() -> None:
    base = graph(convolution())
    assert base.sha256 == "eafb5ba3dd3b1fc8932f53869544a93280e2f92f17bd8cf47ceae995338e3285"
    assert graph(convolution(source="elsewhere.py:7")) == base
    assert hash(graph(convolution())) == hash(base)
    other_strides = convolution(weight=np.asfortranarray(convolution().weight))
    assert graph(other_strides) == base
    assert base != "small"


@pytest.mark.parametrize(
    "other",
    [
        graph(convolution(), name="large"),
        graph(convolution(weight=-convolution().weight)),
        graph(convolution(bias=np.array([100, -101], np.int32))),
        graph(convolution(quant_max=126)),
        graph(convolution(name="other")),
        graph(convolution(), tensors=(tensor("x", zero_point=2),)),
        graph(convolution(), tensors=(tensor("x", scale=0.25),)),
        graph(convolution(), inputs=("y",)),
        graph(convolution(), outputs=("x",)),
    ],
)
def test_the_hash_depends_on_every_part(other: Graph) -> None:
    assert other.sha256 != graph(convolution()).sha256
    assert other != graph(convolution())


def test_two_operators_cannot_share_a_name() -> None:
    with pytest.raises(TypeError, match="there are two operators named Add"):
        type("Add", (Operation,), {})
