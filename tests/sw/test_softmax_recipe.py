"""The recipe of the softmax table against the ideal softmax."""

import math

import numpy as np
import pytest

from isomac.errors import GraphError
from isomac.golden import evaluate
from isomac.graph.graph import Graph
from isomac.graph.operators.softmax import (
    SOFTMAX_RECIPROCAL_BITS,
    SOFTMAX_SCALE,
    SOFTMAX_SHIFT,
    SOFTMAX_ZERO_POINT,
    Softmax,
    softmax_table,
)
from isomac.graph.tensor import Tensor
from tests.sw.small_graphs import convolution, graph


def softmax_graph(channels: int, scale: float) -> Graph:
    """Return a graph whose first convolution copies `x`, so that the softmax reads any bytes."""
    copy = convolution(
        weight=np.eye(channels, dtype=np.int8).reshape(channels, channels, 1, 1),
        bias=np.zeros(channels, np.int32),
        multiplier=np.full(channels, 2**30, np.int64),
        shift=np.full(channels, 30, np.int64),
        padding=(0, 0, 0, 0),
    )
    softmax = Softmax(
        name="softmax",
        inputs=("y",),
        output="z",
        table=softmax_table(scale),
        reciprocal_bits=SOFTMAX_RECIPROCAL_BITS,
        shift=SOFTMAX_SHIFT,
    )
    tensors = (
        Tensor("x", (channels, 1, 1), scale, 0),
        Tensor("y", (channels, 1, 1), scale, 0),
        Tensor("z", (channels, 1, 1), SOFTMAX_SCALE, SOFTMAX_ZERO_POINT),
    )
    return graph(copy, softmax, tensors=tensors)


@pytest.mark.parametrize("channels", [1, 2, 10, 100])
@pytest.mark.parametrize("scale", [0.004, 0.05, 0.25, 2.0])
def test_within_one_step_of_the_ideal(channels: int, scale: float) -> None:
    rng = np.random.default_rng(channels)
    x = rng.integers(-128, 128, (400, channels, 1, 1), np.int8)
    x[:200] = np.clip(np.round(rng.normal(0, 10, (200, channels, 1, 1))), -128, 127)
    result = evaluate(softmax_graph(channels, scale), x)
    assert np.array_equal(result["y"].numpy(), x)
    steps = x.astype(np.int64)
    real = np.exp((steps - steps.max(axis=1, keepdims=True)) * scale)
    ideal = np.round(256 * real / real.sum(axis=1, keepdims=True)) - 128
    difference = result["z"].numpy() - np.minimum(ideal, 127)
    assert np.abs(difference).max() <= 1
    assert np.mean(difference != 0) < 0.005


def test_table_holds_the_exponentials() -> None:
    table = softmax_table(0.1)
    assert table.dtype == np.int64
    assert table.shape == (256,)
    assert table[255] == 65536
    assert table[254] == round(65536 * math.exp(-0.1))
    assert table[0] == 0
    assert (np.diff(table) >= 0).all()
    # A scale so small that nothing decays.
    assert (softmax_table(2.0**-64) == 65536).all()


@pytest.mark.parametrize("scale", [0.0, -1.0, math.inf, math.nan])
def test_a_scale_must_be_positive(scale: float) -> None:
    with pytest.raises(GraphError, match="must be positive and finite"):
        softmax_table(scale)
