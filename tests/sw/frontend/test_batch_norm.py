"""Where batch norms go, and that no real number changes on the way."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from isomac.frontend import operators as operators
from isomac.frontend.capture import export, graph_module
from isomac.frontend.pipeline import rewrite
from isomac.graph.operators.convolution import Convolution
from tests.sw.frontend.support import (
    Net,
    assert_agrees,
    convolution,
    images,
    kinds,
    quantized,
    seeded,
)

conv, norm = (lambda: convolution(3, 8)), (lambda: nn.BatchNorm2d(8))

CASES = {
    "conv": (Net(lambda n, x: n.norm(n.conv(x)), conv=conv(), norm=norm()), ["Convolution"]),
    "conv_without_bias": (
        Net(lambda n, x: n.norm(n.conv(x)), conv=convolution(3, 8, bias=False), norm=norm()),
        ["Convolution"],
    ),
    "not_affine": (
        Net(lambda n, x: n.norm(n.conv(x)), conv=conv(), norm=nn.BatchNorm2d(8, affine=False)),
        ["Convolution"],
    ),
    "two_norms": (
        Net(lambda n, x: n.other(n.norm(n.conv(x))), conv=conv(), norm=norm(), other=norm()),
        ["Convolution"],
    ),
    "behind_relu": (
        Net(lambda n, x: n.norm(F.relu(n.conv(x))), conv=conv(), norm=norm()),
        ["Convolution", "Convolution"],
    ),
    "of_the_input": (
        Net(lambda n, x: n.conv(F.relu(n.norm(x))), conv=conv(), norm=nn.BatchNorm2d(3)),
        ["Convolution", "Convolution"],
    ),
    "convolution_read_twice": (
        Net(lambda n, x: (lambda y: n.norm(y) + y)(n.conv(x)), conv=conv(), norm=norm()),
        ["Convolution", "Convolution", "Add"],
    ),
    "one_convolution_two_norms": (
        Net(
            lambda n, x: n.norm(n.conv(x)) + n.other(n.conv(x)),
            conv=conv(),
            norm=norm(),
            other=norm(),
        ),
        ["Convolution", "Convolution", "Add"],
    ),
    "linear": (
        Net(lambda n, x: n.norm(n.fc(x.flatten(1))), fc=nn.Linear(192, 8), norm=nn.BatchNorm1d(8)),
        ["Reshape", "Linear"],
    ),
    "before_linear": (
        Net(
            lambda n, x: n.fc(F.dropout(n.norm(F.relu(n.conv(x).mean((2, 3)))), training=False)),
            conv=conv(),
            norm=nn.BatchNorm1d(8),
            fc=nn.Linear(8, 4, bias=False),
        ),
        ["Convolution", "AveragePool", "Reshape", "Linear"],
    ),
    "of_a_vector": (
        Net(
            lambda n, x: F.relu(n.norm(F.relu(n.conv(x).mean((2, 3))))),
            conv=conv(),
            norm=nn.BatchNorm1d(8),
        ),
        ["Convolution", "AveragePool", "Reshape", "Reshape", "Convolution", "Reshape"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_batch_norm(name: str) -> None:
    model, expected = CASES[name]
    seeded(model)
    x = images(4, 3, 8, 8)
    module = graph_module(export(model, x[:1], "network"))
    rewrite(module, "network")
    with torch.no_grad():
        torch.testing.assert_close(module(x), model.eval()(x), rtol=1e-5, atol=1e-5)
    result = quantized(model, 3, 8, 8)
    assert kinds(result) == expected
    assert_agrees(result)


def test_a_batch_norm_of_its_own_is_a_depthwise_convolution() -> None:
    result = quantized(CASES["behind_relu"][0], 3, 8, 8)
    operation = result.graph.operations[1]
    assert isinstance(operation, Convolution)
    assert (operation.name, operation.depthwise) == ("norm", True)
    assert operation.weight.shape == (8, 1, 1, 1)
