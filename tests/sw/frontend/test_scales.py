"""Channels and values without a usable range: no wrapped bias, no shift out of range."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from isomac.errors import IsomacError
from isomac.frontend import Quantized, quantize, quantize_with_reference
from isomac.frontend.ties import TIE_MARGIN
from isomac.frontend.weight_scales import BIAS_LIMIT
from isomac.graph.operators.convolution import Convolution
from isomac.graph.tensor import Tensor
from tests.sw.frontend.support import (
    Net,
    assert_agrees,
    convolution,
    images,
    quantized,
    seeded,
)

SHAPE = (3, 8, 8)


def with_channel(weight: float, bias: float) -> nn.Conv2d:
    """Return a convolution whose channel 2 has its weights times `weight`, and `bias`."""
    layer = seeded(convolution(3, 8))
    with torch.no_grad():
        layer.weight[2] *= weight
        layer.bias[2] = bias
    return layer


def compiled(model: nn.Module) -> tuple[Quantized, Convolution, Tensor]:
    """Return the quantized network, its first operation, and what that writes."""
    result = quantize_with_reference(model, images(32, *SHAPE))
    operation = result.graph.operations[0]
    assert isinstance(operation, Convolution)
    return result, operation, result.graph.tensor(operation.output)


@pytest.mark.parametrize("weight", [0.0, 1e-30, 1e-12, 1e-6, 1e-3])
@pytest.mark.parametrize("bias", [0.0, 0.75, -3.0, -500.0])
def test_channel_with_little_weight(weight: float, bias: float) -> None:
    result, operation, output = compiled(nn.Sequential(with_channel(weight, bias), nn.ReLU()))
    assert_agrees(result)
    assert operation.shift.max() <= 52
    real = operation.bias[2] * operation.multiplier[2] / 2.0 ** operation.shift[2] * output.scale
    assert real == pytest.approx(bias, rel=1e-4, abs=output.scale / 256)
    # Bias and products are of one order: the accumulator has 24 bits at most, not 32.
    assert abs(operation.bias).max() < 2**23


def test_a_layer_without_weights() -> None:
    layer = seeded(convolution(3, 8))
    with torch.no_grad():
        layer.weight.zero_()
    result, operation, output = compiled(nn.Sequential(layer))
    assert_agrees(result)
    assert not operation.weight.any()
    real = operation.bias * operation.multiplier / 2.0**operation.shift * output.scale
    torch.testing.assert_close(
        torch.from_numpy(real).float(), layer.bias.detach(), atol=output.scale / 256, rtol=0
    )


def test_a_layer_without_weights_and_bias() -> None:
    first = convolution(3, 4)
    with torch.no_grad():
        first.weight.zero_()
        first.bias.zero_()
    result, operation, output = compiled(nn.Sequential(first, convolution(4, 4)))
    assert_agrees(result)
    assert output.scale == 1
    assert not operation.bias.any()


def test_bias_never_wraps() -> None:
    result, operation, _ = compiled(nn.Sequential(with_channel(1.0, -1e9), nn.ReLU()))
    assert_agrees(result)
    assert -BIAS_LIMIT <= operation.bias[2] < 0


def test_a_bias_without_measure_is_refused() -> None:
    model = nn.Sequential(with_channel(1.0, -1e30), nn.ReLU())
    with pytest.raises(IsomacError, match="conv2d '0' cannot be quantized, since its constants"):
        quantize(model, images(8, *SHAPE))


def test_results_must_stay_finite() -> None:
    model = nn.Sequential(convolution(3, 8), with_first_weight(1e38))
    with pytest.raises(IsomacError, match=r"the result of '1' .*overflows or is not a number"):
        quantize(model, images(8, *SHAPE))


def with_first_weight(value: float) -> nn.Conv2d:
    layer = convolution(8, 8)
    with torch.no_grad():
        layer.weight[0] = value
    return layer


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e4])
def test_inputs_of_any_size(scale: float) -> None:
    model = seeded(nn.Sequential(convolution(3, 8, bias=False), nn.ReLU(), convolution(8, 4)))
    result = quantize_with_reference(model, scale * images(32, *SHAPE))
    entry = result.graph.tensor(result.graph.inputs[0])
    assert entry.scale * 255 == pytest.approx(
        float((scale * images(32, *SHAPE)).max() - (scale * images(32, *SHAPE)).min()), rel=1e-3
    )


SATURATED = {
    "add": (lambda y: y + F.max_pool2d(y, 3, 1, 1), 2.0),
    "average": (lambda y: F.avg_pool2d(y, 2), 1.0),
    "average_relu": (lambda y: F.relu(F.avg_pool2d(y, 2)), 1.0),
    "other_bound": (lambda y: F.avg_pool2d(y, 2).clamp(0, 0.09375), 0.75),
}


@pytest.mark.parametrize("name", SATURATED)
def test_sums_of_saturated_values_do_not_lie_between_two_steps(name: str) -> None:
    """Without a margin, up to a half of the sums would be ties, which PyTorch rounds otherwise."""
    function, ratio = SATURATED[name]
    model = Net(lambda n, x: function(F.hardtanh(n.conv(x), 0, 0.125)), conv=convolution(3, 8))
    result = quantized(model, *SHAPE)
    assert_agrees(result)
    first, last = result.graph.operations[-1].inputs[0], result.graph.outputs[0]
    operand, total = (result.graph.tensor(name).scale for name in (first, last))
    assert total / operand / ratio == pytest.approx(1 + TIE_MARGIN, rel=1e-6)


def test_means_of_means_of_saturated_values() -> None:
    """The margin of the first is enough for the second, and would be none if both had it."""
    model = Net(
        lambda n, x: F.avg_pool2d(F.avg_pool2d(F.hardtanh(n.conv(x), 0, 0.125), 2, 1), 2),
        conv=convolution(3, 8),
    )
    assert_agrees(quantized(model, *SHAPE))


def test_other_sums_keep_their_range() -> None:
    model = Net(lambda n, x: n.a(x) + n.b(x), a=convolution(3, 8), b=convolution(3, 8))
    result = quantized(model, *SHAPE)
    with torch.no_grad():
        total = model(images(32, *SHAPE))
    scale = result.graph.tensor("add").scale
    assert scale * 255 == pytest.approx(float(total.max() - total.min()), rel=1e-5)
