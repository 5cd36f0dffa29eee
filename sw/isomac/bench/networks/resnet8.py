"""ResNet-8 of MLPerf Tiny's image classification."""

from functools import partial

import torch
from torch import nn

from isomac.bench.layers import conv
from isomac.bench.registry import BenchNetwork, register
from isomac.bench.samples import images


class Stack(nn.Module):
    """Two 3x3 convolutions beside the identity, or beside a 1x1 projection where sizes change."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = conv(inputs, outputs, 3, stride, bias=True)
        self.second = conv(outputs, outputs, 3, bias=True, relu=False)
        # Without batch normalization, as in the original.
        self.shortcut = nn.Identity() if stride == 1 else nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the map of the next stack."""
        return torch.relu(self.shortcut(x) + self.second(self.first(x)))


class ResNet8(nn.Module):
    """Map images (N, 3, 32, 32) to the probabilities (N, 10) of the classes of CIFAR-10.

    Layer for layer `resnet_v1_eembc` with 16 filters in `image_classification/keras_model.py` of
    github.com/mlcommons/tiny.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 16, 3, bias=True)
        self.stacks = nn.Sequential(Stack(16, 16, 1), Stack(16, 32, 2), Stack(32, 64, 2))
        self.pool = nn.AvgPool2d(8)
        self.classifier = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the probabilities of the classes."""
        x = self.pool(self.stacks(self.stem(x)))
        return torch.softmax(self.classifier(torch.flatten(x, 1)), 1)


register(
    BenchNetwork(
        "resnet8",
        "ResNet-8, MLPerf Tiny image classification",
        ResNet8,
        partial(images, channels=3, height=32, width=32),
    )
)
