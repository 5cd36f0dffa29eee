"""Which activations disappear in the operation before them, and with which clamp."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.sw.frontend.support import Net, assert_agrees, convolution, kinds, quantized

FOLDED = {
    "relu": (F.relu, 0.0, None),
    "relu6": (F.relu6, 0.0, 6.0),
    "hardtanh": (lambda x: F.hardtanh(x, -0.5, 0.75), -0.5, 0.75),
    "relu_of_hardtanh": (lambda x: F.relu(F.hardtanh(x, -0.5, 0.75)), 0.0, 0.75),
    "clamp_above_relu": (lambda x: F.relu(x).clamp(0.25, 0.5), 0.25, 0.5),
    "upper_bound_wins": (lambda x: x.clamp(0.5, 0.25), 0.25, 0.25),
}


@pytest.mark.parametrize("name", FOLDED)
def test_bounds_of_a_folded_activation(name: str) -> None:
    function, low, high = FOLDED[name]
    # The branch without activation keeps the common range wider than the bounds.
    model = Net(
        lambda net, x: torch.cat([function(net.a(x)), net.b(x)], 1),
        a=convolution(3, 8),
        b=convolution(3, 8),
    )
    result = quantized(model, 3, 8, 8)
    assert kinds(result) == ["Convolution", "Convolution", "Concatenate"]
    assert_agrees(result)
    assert _clamp(result.graph.operations[0]) == _steps(result, low, high)
    assert _clamp(result.graph.operations[1]) == (-128, 127)


FOLLOWED = {
    "linear": (Net(lambda n, x: F.relu(n.fc(x.flatten(1))), fc=nn.Linear(192, 8)), 1),
    "add": (Net(lambda n, x: F.relu(n.a(x) + x), a=convolution(3, 3)), 1),
    "average_pool": (Net(lambda n, x: F.relu(F.avg_pool2d(n.a(x), 2)), a=convolution(3, 8)), 1),
    "mean": (Net(lambda n, x: F.relu(n.a(x).mean((2, 3))), a=convolution(3, 8)), 1),
    "adaptive": (
        Net(lambda n, x: F.relu(F.adaptive_avg_pool2d(n.a(x), 3)), a=convolution(3, 8)),
        1,
    ),
    "behind_max_pool": (Net(lambda n, x: F.relu(F.max_pool2d(n.a(x), 2)), a=convolution(3, 8)), 0),
    "behind_flatten": (Net(lambda n, x: F.relu(n.a(x).flatten(1)), a=convolution(3, 8)), 0),
    "behind_pool_and_flatten": (
        Net(lambda n, x: F.relu6(F.max_pool2d(n.a(x), 2).flatten(1)), a=convolution(3, 8)),
        0,
    ),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_operations_that_absorb_an_activation(name: str) -> None:
    model, position = FOLLOWED[name]
    result = quantized(model, 3, 8, 8)
    assert "Clamp" not in kinds(result)
    assert_agrees(result)
    operation = result.graph.operations[position]
    zero_point = result.graph.tensor(operation.output).zero_point
    assert _clamp(operation)[0] == zero_point == -128


STANDALONE = {
    "of_the_input": Net(lambda n, x: n.a(F.relu(x)), a=convolution(3, 8)),
    "read_twice": Net(lambda n, x: (lambda y: F.relu(y) + y)(n.a(x)), a=convolution(3, 8)),
    "also_an_output": Net(lambda n, x: (lambda y: (y, F.relu(y)))(n.a(x)), a=convolution(3, 8)),
    "behind_cat": Net(lambda n, x: F.relu6(torch.cat([n.a(x), x], 1)), a=convolution(3, 8)),
    "behind_a_pool_read_twice": Net(
        lambda n, x: (lambda y: F.relu(y) + y)(F.max_pool2d(n.a(x), 2)), a=convolution(3, 8)
    ),
    "behind_a_pool_of_the_input": Net(
        lambda n, x: n.a(F.hardtanh(F.max_pool2d(x, 2))), a=convolution(3, 8)
    ),
}


@pytest.mark.parametrize("name", STANDALONE)
def test_other_activations_are_clamps(name: str) -> None:
    result = quantized(STANDALONE[name], 3, 8, 8)
    assert_agrees(result)
    (clamp,) = [op for op in result.graph.operations if type(op).__name__ == "Clamp"]
    before, after = (result.graph.tensor(n) for n in (clamp.inputs[0], clamp.output))
    assert (before.scale, before.zero_point) == (after.scale, after.zero_point)


def test_values_that_share_their_scale() -> None:
    """A pool and a concatenation tie four values together, whichever comes first."""
    model = Net(
        lambda n, x: n.c(torch.cat([F.max_pool2d(n.a(x), 3, 1, 1), F.relu(n.b(x)), x], 1)),
        a=convolution(3, 8),
        b=convolution(3, 8),
        c=convolution(19, 4),
    )
    result = quantized(model, 3, 8, 8)
    assert_agrees(result)
    shared = [result.graph.tensor(name).scale for name in ("x", "a", "b", "max_pool2d", "cat")]
    assert len(set(shared)) == 1
    assert result.graph.tensor("c").scale != shared[0]


def _clamp(operation: Any) -> tuple[int, int]:
    return operation.quant_min, operation.quant_max


def _steps(result: Any, low: float | None, high: float | None) -> tuple[int, int]:
    tensor = result.graph.tensor(result.graph.operations[0].output)
    bounds = [
        limit if real is None else tensor.zero_point + round(real / tensor.scale)
        for real, limit in ((low, -128), (high, 127))
    ]
    return min(max(bounds[0], -128), 127), min(max(bounds[1], -128), 127)
