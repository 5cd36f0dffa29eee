"""Quantizing inputs and dequantizing outputs."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.ao.quantization.fx import _decomposed

from isomac.errors import IsomacError
from isomac.golden import dequantize_output, quantize_input
from isomac.graph.operators.add import Add
from tests.sw.small_graphs import convolution, graph, tensor

# The operators of a quantized PyTorch graph; importing their module registers them.
PYTORCH = _decomposed.quantized_decomposed_lib.ns


@pytest.mark.parametrize(("scale", "zero_point"), [(0.5, 3), (0.0371, -128), (2.1, 127)])
def test_bytes_are_those_of_pytorch(scale: float, zero_point: int) -> None:
    case = graph(
        convolution(),
        tensors=tuple(tensor(name, scale=scale, zero_point=zero_point) for name in "xy"),
    )
    rng = np.random.default_rng(1)
    values = rng.normal(0, 100 * scale, (500, 2, 4, 4)).astype(np.float32)
    # Exactly between two steps.
    values[0] = ((np.arange(32) - 16.5) * scale).reshape(2, 4, 4)
    pytorch = getattr(torch.ops, PYTORCH)
    parameters = (scale, zero_point, -128, 127, torch.int8)
    expected = pytorch.quantize_per_tensor(torch.tensor(values), *parameters)
    assert torch.equal(quantize_input(case, values), expected)
    assert torch.equal(quantize_input(case, torch.tensor(values), "x"), expected)
    real = pytorch.dequantize_per_tensor(expected, *parameters)
    assert torch.equal(dequantize_output(case, expected), real)


def test_infinite_values_are_clamped() -> None:
    values = np.full((1, 2, 4, 4), np.inf)
    values[:, 1] = -np.inf
    quantized = quantize_input(graph(convolution()), values)
    assert (quantized[:, 0] == 127).all()
    assert (quantized[:, 1] == -128).all()


@pytest.mark.parametrize(
    ("values", "name", "sentence"),
    [
        (np.full((1, 2, 4, 4), np.nan), None, "input 'x' must hold numbers, not NaN"),
        (np.zeros((2, 4, 4)), None, r"'x' must have shape \(N, 2, 4, 4\), not \(2, 4, 4\)"),
        (np.zeros((1, 2, 4, 4)), "y", r"has the inputs \['x'\], not 'y'"),
    ],
)
def test_other_inputs_are_refused(values: Any, name: str | None, sentence: str) -> None:
    with pytest.raises(IsomacError, match=sentence):
        quantize_input(graph(convolution()), values, name)


@pytest.mark.parametrize(
    ("values", "name", "sentence"),
    [
        (np.zeros((1, 2, 4, 4)), None, "output 'y' must be int8, not torch.float64"),
        (np.zeros((1, 2, 4), np.int8), None, r"'y' must have shape \(N, 2, 4, 4\)"),
        (np.zeros((1, 2, 4, 4), np.int8), "x", r"has the outputs \['y'\], not 'x'"),
    ],
)
def test_other_outputs_are_refused(values: Any, name: str | None, sentence: str) -> None:
    with pytest.raises(IsomacError, match=sentence):
        dequantize_output(graph(convolution()), values, name)


def test_one_of_several_must_be_named() -> None:
    add = Add(
        name="add",
        inputs=("y", "z"),
        output="w",
        multipliers=(1, 1),
        shift=1,
        quant_min=-128,
        quant_max=127,
    )
    case = graph(convolution(), add, inputs=("x", "z"), outputs=("w", "y"), tensors=(tensor("z"),))
    with pytest.raises(IsomacError, match=r"has the inputs \['x', 'z'\], say which"):
        quantize_input(case, np.zeros((1, 2, 4, 4)))
    with pytest.raises(IsomacError, match=r"has the outputs \['w', 'y'\], say which"):
        dequantize_output(case, np.zeros((1, 2, 4, 4), np.int8))
    assert (quantize_input(case, np.zeros((1, 2, 4, 4)), "z") == 3).all()
