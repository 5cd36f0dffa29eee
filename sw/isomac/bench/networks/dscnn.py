"""DS-CNN of MLPerf Tiny's keyword spotting."""

from functools import partial

import torch
from torch import nn

from isomac.bench.layers import conv
from isomac.bench.registry import BenchNetwork, register
from isomac.bench.samples import spectrograms

CHANNELS = 64


class DsCnn(nn.Module):
    """Map spectrograms (N, 1, 49, 10) to the probabilities (N, 12) of keywords.

    Layer for layer the network in `keyword_spotting/keras_model.py` of github.com/mlcommons/tiny,
    but for dropout, which does nothing after training. SAME padding of the first convolution is 4
    rows at the top and 5 at the bottom there, and 5 and 4 here: the same layer upside down. The
    pooling window has 24 of the 25 rows, as there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(1, CHANNELS, (10, 4), 2, padding=(5, 1), bias=True)
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    conv(CHANNELS, CHANNELS, 3, groups=CHANNELS, bias=True),
                    conv(CHANNELS, CHANNELS, 1, bias=True),
                )
                for _ in range(4)
            )
        )
        self.pool = nn.AvgPool2d((24, 5))
        self.classifier = nn.Linear(CHANNELS, 12)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the probabilities of the keywords."""
        x = self.pool(self.blocks(self.stem(x)))
        return torch.softmax(self.classifier(torch.flatten(x, 1)), 1)


register(
    BenchNetwork(
        "dscnn",
        "DS-CNN, MLPerf Tiny keyword spotting",
        DsCnn,
        partial(spectrograms, frames=49, bands=10),
    )
)
