"""Grouped and dilated convolutions, whose outputs meet in a concatenation."""

from functools import partial

import torch
from torch import nn

from isomac.bench.layers import conv
from isomac.bench.registry import BenchNetwork, register
from isomac.bench.samples import images


class GroupedDilated(nn.Module):
    """Map images (N, 3, 32, 24) to maps (N, 5, 16, 12), as for a coarse segmentation.

    Groups of 4, 6 and 12 channels and one depthwise convolution with two filters a channel; three
    branches that see at dilations 1, 2 and (3, 2), side by side as in DeepLab (Chen et al.,
    arXiv:1706.05587).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 24, 3, 2)
        self.grouped = conv(24, 36, 3, groups=6)
        self.branches = nn.ModuleList(
            [
                conv(36, 12, 3, groups=3),
                conv(36, 24, 3, groups=3, dilation=2),
                conv(36, 36, 3, groups=36, dilation=(3, 2)),
            ]
        )
        self.widened = conv(72, 144, 3, groups=72)
        self.mixed = conv(144, 48, 1, groups=4)
        self.head = nn.Conv2d(48, 5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a score for each class and pixel."""
        x = self.grouped(self.stem(x))
        x = torch.cat([branch(x) for branch in self.branches], 1)
        return self.head(self.mixed(self.widened(x)))


register(
    BenchNetwork(
        "grouped_dilated",
        "grouped, dilated and depthwise-multiplier convolutions, concatenated",
        GroupedDilated,
        partial(images, channels=3, height=32, width=24),
    )
)
