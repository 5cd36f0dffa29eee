"""What is refused, and the sentence that says so."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from isomac.errors import IsomacError
from isomac.frontend import quantize
from tests.sw.frontend.support import Net, convolution, images, quantized


def net(function: Callable[[torch.Tensor], Any], **layers: nn.Module) -> nn.Module:
    """Return a network that applies `function` to the result of a convolution."""
    return Net(lambda n, x: function(n.conv(x)), conv=convolution(3, 8), **layers)


CALLS: dict[str, tuple[Callable[[torch.Tensor], Any], str]] = {
    "unknown": (torch.sigmoid, "sigmoid 'sigmoid' (support.py:"),
    "permute": (lambda x: x.permute(0, 3, 1, 2), "permute 'permute'"),
    "constant": (lambda x: x + 1.5, "a constant cannot be added"),
    "alpha": (lambda x: torch.add(x, x, alpha=2), "alpha must be 1, not 2"),
    "broadcast": (
        lambda x: x + x.mean((2, 3), keepdim=True),
        "the shapes must be the same, not (8, 12, 12) and (8, 1, 1)",
    ),
    "rows": (lambda x: torch.cat([x, x], 2), "the axis must be 1, the channels, not 2"),
    "uncounted": (
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        "count_include_pad=False with padding divides the windows at the border by less",
    ),
    "overhang": (
        lambda x: F.avg_pool2d(x, 5, 2, ceil_mode=True),
        "ceil_mode=True makes windows that reach beyond the map",
    ),
    "divisor": (
        lambda x: F.avg_pool2d(x, 3, divisor_override=-3),
        "divisor_override must be positive, not -3",
    ),
    "channels": (lambda x: x.mean(1, keepdim=True), "the axes must be height and width"),
    "rank": (lambda x: x.mean(2), "must be a map (C, H, W) or a vector (F,), its shape is (8, 12)"),
    "matrix": (lambda x: x.flatten(2), "the result must be a vector, not of shape (8, 144)"),
    "map": (
        lambda x: x.flatten(1).view(-1, 2, 24, 24),
        "the result must be a vector, not of shape (2, 24, 24)",
    ),
    "batch": (lambda x: x.flatten(), "the first dimension of the result must be the batch"),
    "softmax_axis": (lambda x: x.softmax(2), "the axis must be 1, the channels, not 2"),
    "softmax_inside": (lambda x: F.relu(x.softmax(1)), "it must be the last operation"),
    "part": (lambda x: x[:, :4], "it must not take a part of the values"),
    "double": (lambda x: x.double(), "it must not change the dtype"),
    "training": (lambda x: F.dropout(x, training=True), "in training mode it is random"),
    "batch_statistics": (
        lambda x: F.batch_norm(x, None, None, training=True),
        "in training mode it depends on the batch",
    ),
    "dynamic_weight": (
        lambda x: F.conv2d(x, x.mean((2, 3))[:8, :, None, None].expand(8, 8, 1, 1)),
        "weight and bias must be parameters",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_call(name: str) -> None:
    function, sentence = CALLS[name]
    with pytest.raises(IsomacError, match=re.escape(sentence)):
        quantized(net(function), 3, 12, 12)


LAYERS: dict[str, tuple[nn.Module, str]] = {
    "conv1d": (
        Net(
            lambda n, x: n.one(n.conv(x).flatten(2)), conv=convolution(3, 8), one=nn.Conv1d(8, 4, 3)
        ),
        "conv1d 'one'",
    ),
    "transposed": (
        nn.Sequential(convolution(3, 8), nn.ConvTranspose2d(8, 4, 2)),
        "conv_transpose2d '1'",
    ),
    "padding": (nn.Sequential(nn.Conv2d(3, 8, 1, padding=1)), "smaller than the kernel, 1, not 1"),
    "linear_on_a_map": (
        nn.Sequential(convolution(3, 8), nn.Linear(12, 4)),
        "the input must be a vector, not of shape (8, 12, 12)",
    ),
    "no_statistics": (
        nn.Sequential(convolution(3, 8), nn.BatchNorm2d(8, track_running_stats=False)),
        "batch_norm '1'",
    ),
    "indices": (
        Net(lambda n, x: F.max_pool2d(n.c(x), 2, return_indices=True)[0], c=convolution(3, 8)),
        "max_pool2d_with_indices",
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name: str) -> None:
    model, sentence = LAYERS[name]
    with pytest.raises(IsomacError, match=re.escape(sentence)):
        quantized(model, 3, 12, 12)


class Several(nn.Module):
    """Several operations that are not supported, in several modules."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = convolution(3, 8)
        self.gate = nn.Sequential(nn.Conv2d(8, 8, 1), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        x = x * self.gate(x)
        return F.gelu(x)


def test_all_offences_at_once_with_their_lines() -> None:
    with pytest.raises(IsomacError) as caught:
        quantized(Several(), 3, 8, 8, name="several")
    first, *lines = str(caught.value).splitlines()
    assert first == (
        "network 'several' cannot be turned into an integer network because of 3 operations:"
    )
    start = Several.forward.__code__.co_firstlineno
    assert lines[:-1] == [
        f"  sigmoid 'gate.1' (test_refusals.py:{start + 2}): this operation is not supported",
        f"  mul 'mul' (test_refusals.py:{start + 2}): this operation is not supported",
        f"  gelu 'gelu' (test_refusals.py:{start + 3}): this operation is not supported",
    ]
    assert lines[-1].startswith("supported are adaptive_avg_pool2d, add of two tensors")
    assert "conv2d" in lines[-1]
    assert "softmax" in lines[-1]


NETWORKS: dict[str, tuple[nn.Module, str]] = {
    "identity": (nn.Identity(), "is empty: it has no operation"),
    "no_arithmetic": (nn.ReLU(), "has no arithmetic for a MAC array"),
    "returns_its_input": (
        Net(lambda n, x: (n.conv(x), x), conv=convolution(3, 8)),
        "must not return its input 'x' itself",
    ),
    "returns_a_number": (
        Net(lambda n, x: (n.conv(x), 3), conv=convolution(3, 8)),
        "must return tensors only, not 3",
    ),
    "returns_nothing": (
        Net(lambda n, x: [n.conv(x), None], conv=convolution(3, 8)),
        "must return tensors only, not None",
    ),
    "returns_twice": (
        Net(lambda n, x: (lambda y: (y, y))(n.conv(x)), conv=convolution(3, 8)),
        "must not return the result of conv2d 'conv' (support.py:",
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_network(name: str) -> None:
    model, sentence = NETWORKS[name]
    with pytest.raises(IsomacError, match=re.escape(sentence)):
        quantized(model, 3, 8, 8)


class TwoInputs(nn.Module):
    """Adds two images."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return left + right


def test_several_inputs() -> None:
    with pytest.raises(IsomacError, match="must have one input, not 2: left, right"):
        quantized(TwoInputs(), 3, 8, 8)
    x = images(2, 3, 8, 8)
    program = torch.export.export(TwoInputs(), (x, x))
    with pytest.raises(IsomacError, match="must have one input, not 2: left, right"):
        quantize(program, x)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_parameters_must_be_finite(value: float) -> None:
    model = nn.Sequential(convolution(3, 8), nn.BatchNorm2d(8))
    with torch.no_grad():
        model[1].running_var[3] = value
    with pytest.raises(
        IsomacError,
        match=re.escape(f"'1.running_var' of network 'n' must be finite, but [3] is {value}"),
    ):
        quantize(model, images(4, 3, 8, 8), name="n")


def test_parameters_must_be_float32() -> None:
    with pytest.raises(
        IsomacError, match=r"'0\.weight' of network 'n' must be float32, not float64"
    ):
        quantize(nn.Sequential(convolution(3, 8)).double(), images(4, 3, 8, 8), name="n")


def test_a_model_is_needed() -> None:
    with pytest.raises(
        IsomacError, match=r"must be a torch\.nn\.Module or an exported program, not"
    ):
        quantize(lambda x: x, images(4, 3, 8, 8))  # type: ignore[arg-type]


@pytest.mark.parametrize("bits", [1, 32])
def test_width_of_the_multipliers(bits: int) -> None:
    with pytest.raises(IsomacError, match=f"multipliers must have 2 to 31 bits, not {bits}"):
        quantize(convolution(3, 8), images(4, 3, 8, 8), multiplier_bits=bits)
