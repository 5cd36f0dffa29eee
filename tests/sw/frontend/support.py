"""Small networks, natural-looking images, and what every quantized network must fulfil."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from isomac.frontend import Quantized, agreement_by_layer, quantize_with_reference
from isomac.graph.verify import verify

#: Share of the bytes of a layer that may differ from the reference by one step.
TOLERANCE = 1e-4


class Net(nn.Module):
    """A network of the given layers and a function that calls them: `forward(layers, x)`."""

    def __init__(self, forward: Callable[[Any, torch.Tensor], Any], **layers: nn.Module) -> None:
        super().__init__()
        self.function = forward
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: torch.Tensor) -> Any:
        return self.function(self, x)


def seeded(model: nn.Module, seed: int = 0) -> nn.Module:
    """Give every parameter and every statistic of `model` values like those of trained networks."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in (*model.named_parameters(), *model.named_buffers()):
            if not value.is_floating_point():
                continue
            noise = torch.randn(value.shape, generator=generator)
            if value.ndim > 1:
                value.copy_(noise / value[0].numel() ** 0.5)
            elif name.endswith(("weight", "running_var")):
                value.copy_(1 + 0.2 * noise.clamp(-2, 2))
            else:
                value.copy_(0.2 * noise)
    return model


def images(count: int, *shape: int, seed: int = 1) -> torch.Tensor:
    """Return maps (C, H, W) that vary smoothly, with some noise, or vectors (F,)."""
    generator = torch.Generator().manual_seed(seed)
    if len(shape) == 1:
        return torch.randn((count, *shape), generator=generator)
    channels, *size = shape
    coarse = torch.randn((count, channels, 4, 4), generator=generator)
    smooth = functional.interpolate(coarse, size, mode="bilinear", align_corners=False)
    return smooth + 0.2 * torch.randn((count, *shape), generator=generator)


def convolution(inputs: int, outputs: int, kernel: Any = 3, **options: Any) -> nn.Conv2d:
    """Return a convolution that keeps the size of the map unless `options` say otherwise."""
    if "padding" not in options:
        options["padding"] = kernel // 2
    return nn.Conv2d(inputs, outputs, kernel, **options)


def quantized(
    model: nn.Module, *shape: int, count: int = 32, seed: int = 0, **options: Any
) -> Quantized:
    """Quantize the seeded `model` for inputs of `shape`."""
    return quantize_with_reference(seeded(model, seed), images(count, *shape), **options)


def assert_agrees(result: Quantized, tolerance: float = TOLERANCE, count: int = 32) -> None:
    """Require the graph to be valid and to agree with its reference, layer by layer."""
    verify(result.graph)
    shape = result.graph.tensor(result.graph.inputs[0]).shape
    figures = agreement_by_layer(
        result.graph, result.reference_module, images(count, *shape, seed=2)
    )
    assert figures
    for name, figure in figures.items():
        # A single byte may fall on the other side of a rounding of float32 in any layer.
        assert figure.bytes_differ <= 1 + tolerance * figure.bytes_total, (name, figure)
        assert figure.largest_difference <= 1, (name, figure)


def kinds(result: Quantized) -> list[str]:
    """Return the names of the operators of the graph in order."""
    return [type(operation).__name__ for operation in result.graph.operations]
