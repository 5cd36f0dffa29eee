"""Whole networks agree with their references, layer by layer and end to end."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from isomac.frontend import agreement
from tests.sw.frontend.networks import DenseNet, LeNet, Perceptron, ResNet8, mobile_net
from tests.sw.frontend.support import assert_agrees, images, kinds, quantized

NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], list[str]]] = {
    "resnet8": (
        ResNet8,
        (3, 32, 32),
        ["Convolution"] * 3
        + ["Add"]
        + (["Convolution"] * 3 + ["Add"]) * 2
        + ["AveragePool", "Reshape", "Linear"],
    ),
    "mobilenet": (
        mobile_net,
        (3, 32, 32),
        ["Convolution"] * 4
        + ["Add"]
        + ["Convolution"] * 6
        + ["Add", "AveragePool", "Reshape", "Linear"],
    ),
    "lenet": (
        LeNet,
        (1, 28, 28),
        ["Convolution", "MaxPool"] * 2 + ["Reshape", "Linear", "Linear", "Softmax"],
    ),
    "densenet": (
        DenseNet,
        (3, 16, 16),
        ["Convolution"]
        + ["Convolution", "Convolution", "Concatenate"] * 3
        + ["AveragePool", "Convolution", "AveragePool", "Reshape"],
    ),
    "perceptron": (Perceptron, (64,), ["Linear"] * 4),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_network(name: str) -> None:
    build, shape, expected = NETWORKS[name]
    result = quantized(build(), *shape)
    assert kinds(result) == expected
    assert_agrees(result, tolerance=3e-3 if name == "lenet" else 1e-4)
    figure = agreement(result.graph, result.reference_module, images(128, *shape, seed=3))
    assert figure.top1 == 1
    assert figure.share < 0.02
    assert figure.largest_difference <= 1


class ByName(nn.Module):
    """Names the arguments of all its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.conv2d(bias=self.conv.bias, weight=self.conv.weight, input=x, padding=1)
        x = torch.add(input=x, other=F.max_pool2d(input=x, stride=1, padding=1, kernel_size=3))
        return torch.cat(dim=1, tensors=[x, torch.relu(input=x)])


def test_arguments_given_by_name() -> None:
    result = quantized(ByName(), 3, 8, 8)
    assert kinds(result) == ["Convolution", "MaxPool", "Add", "Clamp", "Concatenate"]
    assert_agrees(result)


def test_a_layer_that_is_called_twice_has_two_biases() -> None:
    """The input scales of the two calls differ, and so do the steps of the biases."""
    conv = nn.Conv2d(4, 4, 3, padding=1)
    result = quantized(nn.Sequential(conv, nn.ReLU(), conv), 4, 8, 8)
    assert_agrees(result)
    first, second = result.graph.operations
    assert (first.name, second.name) == ("0", "2")
    assert (first.weight == second.weight).all()  # type: ignore[attr-defined]
    assert (first.bias != second.bias).any()  # type: ignore[attr-defined]
