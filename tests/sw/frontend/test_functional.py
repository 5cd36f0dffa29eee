"""Calls that write in place: who reads the value afterwards reads what was written."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from isomac.errors import IsomacError
from isomac.frontend import operators as operators
from isomac.frontend.capture import export, graph_module
from isomac.frontend.pipeline import rewrite
from tests.sw.frontend.support import Net, assert_agrees, convolution, images, quantized, seeded


def _relu_then_add(y: torch.Tensor) -> torch.Tensor:
    return F.relu_(y) + y


def _add_then_read(y: torch.Tensor) -> torch.Tensor:
    z = F.max_pool2d(y, 3, 1, 1)
    z += y
    return z + F.avg_pool2d(z, 3, 1, 1)


def _through_dropout(y: torch.Tensor) -> torch.Tensor:
    F.relu_(F.dropout(y, training=False))
    return F.max_pool2d(y, 2)


def _through_contiguous(y: torch.Tensor) -> torch.Tensor:
    z = y.contiguous()
    z.clamp_(-0.5, 0.5)
    return y + F.max_pool2d(z, 3, 1, 1)


def _of_a_clone(y: torch.Tensor) -> torch.Tensor:
    z = y.clone()
    z.relu_()
    return z + y


def _twice(y: torch.Tensor) -> torch.Tensor:
    F.hardtanh_(y, -0.75, 0.75)
    z = F.max_pool2d(y, 3, 1, 1)
    y.relu_()
    return y + z


def _viewed_afterwards(y: torch.Tensor) -> torch.Tensor:
    y.relu_()
    return y.flatten(1)


FUNCTIONS = [
    _relu_then_add,
    _add_then_read,
    _through_dropout,
    _through_contiguous,
    _of_a_clone,
    _twice,
    _viewed_afterwards,
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_in_place(function: Callable[[torch.Tensor], Any]) -> None:
    model = seeded(Net(lambda net, x: function(net.conv(x)), conv=convolution(3, 8)))
    x = images(4, 3, 8, 8)
    module = graph_module(export(model, x[:1], "network"))
    rewrite(module, "network")
    assert not any("_." in str(node.target) for node in module.graph.nodes)
    with torch.no_grad():
        torch.testing.assert_close(module(x), model(x))
    assert_agrees(quantized(model, 3, 8, 8))


def test_the_input_may_be_overwritten() -> None:
    model = seeded(nn.Sequential(nn.ReLU(inplace=True), convolution(3, 8)))
    x = images(8, 3, 8, 8)
    before = x.clone()
    module = graph_module(export(model, x[:1], "network"))
    rewrite(module, "network")
    with torch.no_grad():
        torch.testing.assert_close(module(x), model(x.clone()))
    assert torch.equal(x, before)


def _view_read_later(y: torch.Tensor) -> torch.Tensor:
    z = y.flatten(1)
    z.relu_()
    return y


def test_a_write_into_a_view_that_is_read_in_another_shape_is_refused() -> None:
    model = Net(lambda net, x: _view_read_later(net.conv(x)), conv=convolution(3, 8))
    with pytest.raises(IsomacError, match="writes in place into a tensor that is read later in"):
        quantized(model, 3, 8, 8)


class Counter(nn.Module):
    """Counts its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = convolution(3, 8)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.conv(x)


def test_a_network_that_changes_its_buffers_is_refused() -> None:
    model = Counter()
    with pytest.raises(IsomacError, match="it changes the buffer 'calls' of the network"):
        quantized(model, 3, 8, 8)


def test_constants_are_computed_beforehand() -> None:
    layer = nn.utils.parametrizations.weight_norm(convolution(3, 8))
    result = quantized(nn.Sequential(layer), 3, 8, 8)
    assert_agrees(result)
    assert [operation.name for operation in result.graph.operations] == ["0"]
