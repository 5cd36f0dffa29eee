"""RN: the small network on which another generator, NNgen, was measured, trained on Fashion-MNIST.

`bench/train_rn.py` made `rn.npz`, which holds the weights, 64 images of the training set for the
calibration and 64 of the test set; see `fashion_mnist.txt` for their licence.
"""

from functools import cache
from importlib import resources

import numpy as np
import torch
from torch import nn

from isomac.bench.registry import BenchNetwork, register
from isomac.bench.samples import Split
from isomac.errors import IsomacError

#: What of the file is not a weight: uint8 (N, 28, 28).
IMAGES: tuple[Split, ...] = ("calibration", "test")


def rn() -> nn.Sequential:
    """Return a network that maps images (N, 1, 28, 28) to the logits (N, 10) of classes."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(784, 10),
    )


def load_weights(module: nn.Module, calibration: torch.Tensor) -> None:
    """Give `module` the trained weights; the calibration data has no part in them."""
    weights = {name: value for name, value in _arrays().items() if name not in IMAGES}
    module.load_state_dict(weights)


def fashion_images(count: int, split: Split) -> torch.Tensor:
    """Return the first images, float32 (count, 1, 28, 28) in [0, 1].

    Raises
    ------
    IsomacError
        If there are fewer.
    """
    images = _arrays()[split]
    if count > len(images):
        raise IsomacError(f"network 'rn' has {len(images)} {split} inputs, not {count}")
    return images[:count, None].to(torch.float32) / 255


@cache
def _arrays() -> dict[str, torch.Tensor]:
    """All arrays of the file by name."""
    with (
        resources.files("isomac.bench.networks").joinpath("rn.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


register(
    BenchNetwork(
        "rn",
        "two convolutions and a linear layer, trained on Fashion-MNIST",
        rn,
        fashion_images,
        load_weights,
    )
)
