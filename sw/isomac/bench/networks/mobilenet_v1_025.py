"""MobileNetV1 of a quarter's width, MLPerf Tiny's visual wake words."""

from functools import partial

import torch
from torch import nn

from isomac.bench.layers import conv
from isomac.bench.registry import BenchNetwork, register
from isomac.bench.samples import images

#: Output channels and stride of each pair of a depthwise and a pointwise convolution.
BLOCKS = (
    (16, 1),
    (32, 2),
    (32, 1),
    (64, 2),
    (64, 1),
    (128, 2),
    (128, 1),
    (128, 1),
    (128, 1),
    (128, 1),
    (128, 1),
    (256, 2),
    (256, 1),
)


class MobileNetV1(nn.Module):
    """Map images (N, 3, 96, 96) to the probabilities (N, 2) that a person is in them.

    Layer for layer the network in `visual_wake_words/vww_model.py` of github.com/mlcommons/tiny.
    """

    def __init__(self) -> None:
        super().__init__()
        channels = 8
        layers = [conv(3, channels, 3, 2)]
        for outputs, stride in BLOCKS:
            layers.append(conv(channels, channels, 3, stride, groups=channels))
            layers.append(conv(channels, outputs, 1))
            channels = outputs
        self.features = nn.Sequential(*layers)
        self.pool = nn.AvgPool2d(3)
        self.classifier = nn.Linear(channels, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the probabilities of no person and a person."""
        x = self.pool(self.features(x))
        return torch.softmax(self.classifier(torch.flatten(x, 1)), 1)


register(
    BenchNetwork(
        "mobilenet_v1_025",
        "MobileNetV1-0.25, MLPerf Tiny visual wake words",
        MobileNetV1,
        partial(images, channels=3, height=96, width=96),
    )
)
