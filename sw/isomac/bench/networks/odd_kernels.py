"""Kernels of 7x7, 5x5, 1x7 and 7x1 on maps and channels of odd sizes."""

from functools import partial

import torch
from torch import nn

from isomac.bench.layers import conv
from isomac.bench.registry import BenchNetwork, register
from isomac.bench.samples import images


class OddKernels(nn.Module):
    """Map images (N, 2, 37, 29) to the logits (N, 7) of classes.

    Maps of 37x29, 19x15, 9x7, 5x7 and 3x4 pixels, channels of 11, 23, 37 and 41: no tile of lanes
    fits evenly. One 7x7 convolution is split in 1x7 and 7x1 as in Inception (Szegedy et al.,
    arXiv:1512.00567).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(2, 11, 7, 2)
        self.depthwise = conv(11, 11, 5, groups=11)
        self.pointwise = conv(11, 23, 1)
        self.pool = nn.MaxPool2d(3, 2)
        self.five = conv(23, 37, 5)
        self.wide = conv(37, 23, (1, 7))
        self.tall = conv(23, 41, (7, 1), stride=(2, 1))
        self.last = nn.AvgPool2d((3, 3), 2, padding=1)
        self.classifier = nn.Linear(41 * 3 * 4, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        x = self.pool(self.pointwise(self.depthwise(self.stem(x))))
        x = self.last(self.tall(self.wide(self.five(x))))
        return self.classifier(torch.flatten(x, 1))


register(
    BenchNetwork(
        "odd_kernels",
        "5x5, 7x7, 1x7 and 7x1 kernels on odd sizes",
        OddKernels,
        partial(images, channels=2, height=37, width=29),
    )
)
