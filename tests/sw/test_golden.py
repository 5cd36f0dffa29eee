"""The golden model against the naive evaluation, and what it accepts."""

import sys
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from isomac.errors import GraphError, IsomacError
from isomac.fuzz.generator.graphs import STEPS, Choices, random_graph, random_inputs
from isomac.golden import evaluate
from isomac.golden.operators import EVALUATORS
from isomac.golden.rescale import exact_accumulator, rescale
from isomac.graph.graph import Graph
from isomac.graph.operators import OPERATORS
from isomac.graph.operators.add import Add
from tests.sw.naive import naive_evaluate
from tests.sw.small_graphs import convolution, graph, tensor

SEEDS = st.integers(0, 2**32 - 1)


def assert_same_bytes(case: Graph, rng: np.random.Generator, count: int = 4) -> None:
    inputs = random_inputs(case, rng, count)
    actual = evaluate(case, inputs)
    expected = naive_evaluate(case, inputs)
    assert list(actual) == [tensor.name for tensor in case.tensors]
    for name, value in actual.items():
        assert value.dtype == torch.int8
        np.testing.assert_array_equal(value.numpy(), expected[name], err_msg=name)


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_equals_the_naive_evaluation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert_same_bytes(random_graph(rng), rng)


@pytest.mark.parametrize("operator", STEPS)
@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_equals_the_naive_evaluation_where_everything_is_extreme(operator: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    choices = Choices(steps=(1, 3), operators=(operator,), max_size=6, max_channels=6, extreme=1.0)
    assert_same_bytes(random_graph(rng, choices), rng)


def test_every_operator_has_an_evaluator_and_a_random_step() -> None:
    assert set(EVALUATORS) == set(OPERATORS.values())
    assert set(STEPS) == set(OPERATORS)


def test_random_graphs_cover_every_operator_and_corner() -> None:
    seen: set[str] = set()
    for seed in range(150):
        case = random_graph(np.random.default_rng(seed))
        seen |= {operation.label for operation in case.operations}
        seen |= {f"{len(case.inputs)} inputs", f"{len(case.outputs)} outputs"}
        seen |= {f"zero point {tensor.zero_point}" for tensor in case.tensors}
    assert seen >= {
        "adaptive average pool",
        "add",
        "average pool",
        "clamp",
        "concatenate",
        "convolution",
        "depthwise convolution",
        "grouped convolution",
        "linear",
        "max pool",
        "reshape",
        "softmax",
        "1 inputs",
        "2 inputs",
        "1 outputs",
        "2 outputs",
        "zero point -128",
        "zero point 127",
    }


@given(
    st.integers(-(2**31) + 1, 2**31 - 1),
    st.integers(0, 2**31 - 1),
    st.integers(1, 62),
    st.integers(-128, 127),
    st.integers(-128, 127),
    st.integers(-128, 127),
)
def test_rescale_equals_integers_of_any_size(
    acc: int, multiplier: int, shift: int, zero_point: int, a: int, b: int
) -> None:
    low, high = min(a, b), max(a, b)
    expected = ((acc * multiplier + (1 << (shift - 1))) >> shift) + zero_point
    actual = rescale(
        torch.tensor([acc]), torch.tensor(multiplier), torch.tensor(shift), zero_point, low, high
    )
    assert actual.dtype == torch.int8
    assert actual.item() == min(max(expected, low), high)


def test_accumulators_outside_int32_are_refused() -> None:
    largest = torch.tensor([float(2**31 - 1), float(1 - 2**31)], dtype=torch.float64)
    assert exact_accumulator(largest).tolist() == [2**31 - 1, 1 - 2**31]
    with pytest.raises(OverflowError, match="left int32"):
        exact_accumulator(torch.tensor([float(-(2**31))], dtype=torch.float64))


def test_the_largest_accumulator_is_exact() -> None:
    # 33,000 products of -128 and -255, then a bias that fills int32.
    channels = 33_000
    room = 2**31 - 1 - channels * 128 * 255
    case = graph(
        convolution(
            weight=np.full((2, channels, 1, 1), -128, np.int8),
            bias=np.array([room, -room], np.int32),
            multiplier=np.array([2**31 - 1, 2**31 - 1], np.int64),
            shift=np.array([56, 30], np.int64),
            padding=(0, 0, 0, 0),
        ),
        tensors=(
            tensor("x", (channels, 1, 1), zero_point=127),
            tensor("y", (2, 1, 1), zero_point=0),
        ),
    )
    y = evaluate(case, {"x": np.full((1, channels, 1, 1), -128, np.int8)})["y"]
    first = (2**31 - 1) * (2**31 - 1) + 2**55 >> 56
    assert y.flatten().tolist() == [first, 127 if channels * 128 * 255 > room else -128]


def test_batches_are_evaluated_in_chunks_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    case = random_graph(rng, Choices(steps=(4, 6)))
    inputs = random_inputs(case, rng, 7)
    whole = evaluate(case, inputs)
    largest = max(tensor.elements for tensor in case.tensors)
    # isomac.golden.evaluate is also the name of the function, so the module is looked up by name.
    monkeypatch.setattr(sys.modules["isomac.golden.evaluate"], "_CHUNK_VALUES", 3 * largest)
    chunks = evaluate(case, inputs)
    for name, value in whole.items():
        assert torch.equal(value, chunks[name])


def test_an_image_alone_gives_what_it_gives_in_a_batch() -> None:
    rng = np.random.default_rng(2)
    case = random_graph(rng, Choices(steps=(4, 6)))
    inputs = random_inputs(case, rng, 3)
    batch = evaluate(case, inputs)
    alone = evaluate(case, {name: array[1:2] for name, array in inputs.items()})
    for name, value in batch.items():
        assert torch.equal(value[1:2], alone[name])


def test_inputs_may_be_arrays_or_tensors_and_one_needs_no_name() -> None:
    case = graph(convolution())
    array = np.random.default_rng(3).integers(-128, 128, (2, 2, 4, 4), np.int8)
    array.setflags(write=False)
    expected = evaluate(case, {"x": array})
    assert torch.equal(expected["x"], torch.tensor(array))
    for given_input in (array, torch.tensor(array), {"x": torch.tensor(array)}):
        assert torch.equal(evaluate(case, given_input)["y"], expected["y"])


def test_only_what_is_kept_is_returned() -> None:
    result = evaluate(graph(convolution()), np.zeros((2, 2, 4, 4), np.int8), keep=["y"])
    assert list(result) == ["y"]
    with pytest.raises(GraphError, match="graph 'small' has no tensor 'z'"):
        evaluate(graph(convolution()), np.zeros((2, 2, 4, 4), np.int8), keep=["z"])


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        (np.zeros((1, 2, 4, 4), np.int16), "input 'x' must be int8, not int16"),
        (torch.zeros(1, 2, 4, 4), "input 'x' must be an int8 array, not torch.float32"),
        ([[1]], "input 'x' must be an int8 array, not list"),
        (
            np.zeros((2, 4, 4), np.int8),
            r"input 'x' must have shape \(N, 2, 4, 4\), not \(2, 4, 4\)",
        ),
        (np.zeros((0, 2, 4, 4), np.int8), "input 'x' must hold at least one image"),
        ({"z": np.zeros((1, 2, 4, 4), np.int8)}, r"has the inputs \['x'\], .* given is \['z'\]"),
        ({}, r"has the inputs \['x'\], what was given is \[\]"),
    ],
)
def test_other_inputs_are_refused(inputs: Any, sentence: str) -> None:
    with pytest.raises(IsomacError, match=sentence):
        evaluate(graph(convolution()), inputs)


def test_two_inputs_need_names_and_one_batch_size() -> None:
    add = Add(
        name="add",
        inputs=("y", "z"),
        output="w",
        multipliers=(1, 1),
        shift=1,
        quant_min=-128,
        quant_max=127,
    )
    case = graph(convolution(), add, inputs=("x", "z"), tensors=(tensor("z"),))
    one, two = np.zeros((1, 2, 4, 4), np.int8), np.zeros((2, 2, 4, 4), np.int8)
    with pytest.raises(IsomacError, match="give an array for each by name"):
        evaluate(case, one)
    with pytest.raises(IsomacError, match=r"the same batch size, not \{'x': 1, 'z': 2\}"):
        evaluate(case, {"x": one, "z": two})


def test_a_graph_that_breaks_a_rule_is_refused() -> None:
    with pytest.raises(GraphError, match="has two outputs named 'y'"):
        evaluate(graph(convolution(), outputs=("y", "y")), np.zeros((1, 2, 4, 4), np.int8))
