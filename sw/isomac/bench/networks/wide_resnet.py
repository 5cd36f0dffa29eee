"""A wide residual network whose channels are no powers of two, with stride-2 projections."""

from functools import partial

import torch
from torch import nn

from isomac.bench.layers import conv
from isomac.bench.registry import BenchNetwork, register
from isomac.bench.samples import images


class Block(nn.Module):
    """A residual block with a projection where sizes change, and ReLU before the convolutions."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU())
        self.first = conv(inputs, outputs, 3, stride)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the sum of both ways; an addition whose result is not clamped."""
        x = self.enter(x)
        return self.shortcut(x) + self.second(self.first(x))


class WideResNet(nn.Module):
    """Map images (N, 3, 24, 24) to the logits (N, 10) of classes.

    Pre-activation blocks as in wide residual networks (Zagoruyko and Komodakis, arXiv:1605.07146):
    batch normalization stands before a convolution, negative sums travel along the residual way,
    and maps shrink from 24 to 12 to 6 while channels grow from 20 to 40 to 80.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 20, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(Block(20, 20, 1), Block(20, 40, 2), Block(40, 80, 2))
        self.leave = nn.Sequential(nn.BatchNorm2d(80), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.classifier = nn.Linear(80, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        x = self.leave(self.blocks(self.stem(x)))
        return self.classifier(torch.flatten(x, 1))


register(
    BenchNetwork(
        "wide_resnet",
        "wide pre-activation residual network, stride-2 projections",
        WideResNet,
        partial(images, channels=3, height=24, width=24),
    )
)
