"""The fully connected autoencoder of MLPerf Tiny's anomaly detection."""

import torch
from torch import nn

from isomac.bench.registry import BenchNetwork, register
from isomac.bench.samples import Split, spectrograms

#: Features after each layer; the input has as many as the output.
WIDTHS = (128, 128, 128, 128, 8, 128, 128, 128, 128, 640)
#: The input is a window of 5 frames with 128 bands each.
FRAMES, BANDS = 5, 128


class Autoencoder(nn.Module):
    """Map windows of spectrograms (N, 640) to what they would be without an anomaly.

    Layer for layer the network in `anomaly_detection/keras_model.py` of github.com/mlcommons/tiny.
    """

    def __init__(self) -> None:
        super().__init__()
        features = WIDTHS[-1]
        layers: list[nn.Module] = []
        for width in WIDTHS[:-1]:
            layers += [nn.Linear(features, width), nn.BatchNorm1d(width), nn.ReLU()]
            features = width
        self.layers = nn.Sequential(*layers, nn.Linear(features, WIDTHS[-1]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the reconstructed windows."""
        return self.layers(x)


def windows(count: int, split: Split) -> torch.Tensor:
    """Return windows (count, 640) cut from the middle of longer spectrograms."""
    longer = spectrograms(count, split, frames=8 * FRAMES, bands=BANDS)
    return longer[:, :, 3 * FRAMES : 4 * FRAMES].flatten(1)


register(
    BenchNetwork(
        "autoencoder",
        "FC autoencoder, MLPerf Tiny anomaly detection",
        Autoencoder,
        windows,
    )
)
