"""The TOSA reference model on every operator of the integer graph."""

from dataclasses import replace

import numpy as np
import pytest

from isomac.fuzz.generator.draws import SeededDraws
from isomac.fuzz.generator.graphs import STEPS, Choices, random_graph
from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.graph.operators import OPERATORS
from isomac.referees import Agreement
from isomac.referees.tosa import tosa
from isomac.referees.tosa.registry import EXPRESSIONS
from tests.sw import small_operations as small
from tests.sw.referees.cases import graph_case, with_fault
from tests.sw.small_graphs import after_convolution, convolution, graph, linear, tensor

#: Everything that random constants may ask of TOSA and that it does not have.
REASONS = (
    "MAX_POOL2D has no dilation",
    "RESCALE shifts by 2 to 62",
    "TOSA leaves open what becomes of such large values",
    "products of 40 bits",
    "products and quotients of more than 32 bits",
)


def judged(network: Graph) -> Agreement:
    """Judge a network, all of which TOSA must be able to express."""
    found = tosa(graph_case(network))
    assert found.not_judged == ()
    assert found.values > 0
    return found


def test_every_operator_is_expressed() -> None:
    assert set(EXPRESSIONS) == set(OPERATORS.values())


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        (small.max_pool(), {"shape": (2, 2, 2)}),
        (small.max_pool(kernel=(3, 2), stride=(2, 3), padding=(1, 0, 2, 1)), {"shape": (2, 3, 2)}),
        (small.max_pool(quant_min=5, quant_max=60), {"shape": (2, 2, 2)}),
        (small.average_pool(), {"shape": (2, 2, 2)}),
        (small.average_pool(centered=False, rounding="double"), {"shape": (2, 2, 2)}),
        (small.average_pool(kernel=(3, 3), padding=(1, 2, 1, 0)), {"shape": (2, 2, 2)}),
        (small.adaptive(), {"shape": (2, 2, 1)}),
        (small.adaptive(centered=False), {"shape": (2, 2, 1), "zero_point": -9}),
        (small.add(), {}),
        (small.add(shift=26, quant_min=-100, quant_max=90), {}),
        (small.add(shift=50, multipliers=(2**31 - 1, 1)), {}),
        (small.aligned_add(), {"zero_point": -7}),
        (small.scale(), {}),
        (small.scale(rounding="single"), {"zero_point": 90}),
        (small.lookup(), {}),
        (small.clamp(), {}),
        (small.pad(), {"shape": (2, 7, 7)}),
        (small.CONCATENATE, {"shape": (4, 4, 4)}),
        (small.RESHAPE, {"shape": (32,)}),
        (small.RESHAPE, {"shape": (2, 8, 2)}),
        (small.softmax(), {"scale": 1 / 256, "zero_point": -128}),
        (small.newton_softmax(), {"scale": 1 / 256, "zero_point": -128}),
    ],
)
def test_every_operator_agrees(operation: Operation, changes: dict[str, object]) -> None:
    assert judged(after_convolution(operation, tensor("z", **changes))).differing == 0


@pytest.mark.parametrize("rounding", ["single", "double"])
@pytest.mark.parametrize(
    ("changes", "shape"),
    [
        ({}, (2, 4, 4)),
        ({"stride": (2, 3), "padding": (0, 1, 2, 2)}, (2, 2, 2)),
        ({"dilation": (2, 1), "padding": (2, 1, 2, 1)}, (2, 4, 4)),
        ({"groups": 2, "weight": np.arange(18, dtype=np.int8).reshape(2, 1, 3, 3)}, (2, 4, 4)),
        ({"multiplier": np.zeros(2, np.int64), "shift": np.array([1, 40])}, (2, 4, 4)),
        ({"shift": np.array([31, 12])}, (2, 4, 4)),
    ],
)
def test_convolutions_agree(
    changes: dict[str, object], shape: tuple[int, ...], rounding: str
) -> None:
    network = graph(convolution(**changes, rounding=rounding), tensors=(tensor("y", shape),))
    assert judged(network).differing == 0


def test_groups_and_depth_multipliers_agree() -> None:
    weight = np.random.default_rng(1).integers(-128, 128, (8, 1, 2, 3), np.int8)
    constants = {
        "bias": np.arange(8, dtype=np.int32) * 100,
        "multiplier": np.arange(2**30, 2**30 + 8),
        "shift": np.full(8, 36),
        "padding": (0, 0, 0, 0),
    }
    shape = (tensor("y", (8, 3, 2)),)
    depthwise = convolution(**constants, weight=weight, groups=2)
    assert judged(graph(depthwise, tensors=shape)).differing == 0
    grouped = convolution(**constants, weight=np.repeat(weight, 2, axis=1), groups=2)
    wide = (*shape, tensor("x", (4, 4, 4)))
    assert judged(graph(grouped, tensors=wide)).differing == 0


def test_a_linear_layer_agrees() -> None:
    network = graph(linear(rounding="double"), tensors=(tensor("x", (4,)), tensor("y", (2,))))
    assert judged(network).differing == 0


def test_random_graphs_agree() -> None:
    choices = Choices(steps=(1, 6), operators=tuple(STEPS), max_size=8, max_channels=8)
    seen: set[str] = set()
    for seed in range(80):
        rng = np.random.default_rng(seed)
        network = random_graph(SeededDraws(rng), replace(choices, extreme=[0.0, 0.25][seed % 2]))
        found = tosa(graph_case(network, 2))
        assert found.differing == 0
        assert all(reason.split(": ", 1)[1].startswith(REASONS) for reason in found.not_judged)
        left_out = {reason.split(" (", 1)[0] for reason in found.not_judged}
        seen |= {type(o).__name__ for o in network.operations if o.name not in left_out}
    assert seen == set(STEPS)


def test_a_wrong_value_is_found() -> None:
    case = graph_case(after_convolution(small.lookup(), tensor("z")))
    found = tosa(with_fault(case, "z", 3))
    assert (found.differing, found.largest) == (1, 3)


@pytest.mark.parametrize(
    "other",
    [
        {"rounding": "double"},
        {"multiplier": np.array([2**30, 2**30 + 2**24])},
        {"bias": np.array([100, 0], np.int32)},
        {"quant_max": 20},
    ],
)
def test_another_convolution_is_found(other: dict[str, object]) -> None:
    # Products that lie half way between two steps, below zero too.
    constants = {"multiplier": np.array([2**30, 2**30]), "shift": np.array([36, 36])}
    expected = graph_case(graph(convolution(**constants)))
    actual = graph(convolution(**{**constants, **other}))
    assert tosa(replace(expected, graph=actual)).differing > 0


def test_what_tosa_does_not_have_is_named() -> None:
    pool = small.max_pool(dilation=(2, 2))
    found = tosa(graph_case(after_convolution(pool, tensor("z", (2, 1, 1)))))
    assert found.not_judged == ("pool (max pool): MAX_POOL2D has no dilation",)
    assert found.values == 4 * 32


def test_the_kernels_are_named() -> None:
    assert judged(graph(convolution())).kernel_set == "tosa-tools 2026.8.0 reference model"
