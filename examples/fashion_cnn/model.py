"""A small convolutional network for Fashion-MNIST, trained by `train.py` in this folder.

isomac build model.py:fashion_cnn --data model.py:calibration -o bundle
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

HERE = Path(__file__).resolve().parent

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Return a convolution with batch normalization; odd kernels keep the size of the map."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


class FashionCnn(nn.Module):
    """Map (N, 1, 28, 28) in [0, 1] to the logits (N, 10) of `CLASSES`.

    2,951,616 multiply-accumulates an image and 29,418 parameters, in one layer of each kind that
    small networks are made of: standard, depthwise and pointwise convolution, a residual addition,
    maximum and average pooling, and a linear layer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = convolution(1, 16, 3)
        self.depthwise = convolution(16, 16, 3, stride=2, groups=16)
        self.pointwise = convolution(16, 32, 1)
        self.residual = convolution(32, 32, 3)
        self.pool = nn.MaxPool2d(2)
        self.head = convolution(32, 64, 3)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(64, len(CLASSES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, 10) of images (N, 1, 28, 28)."""
        x = torch.relu(self.stem(x))  # (N, 16, 28, 28)
        x = torch.relu(self.depthwise(x))  # (N, 16, 14, 14)
        x = torch.relu(self.pointwise(x))  # (N, 32, 14, 14)
        x = torch.relu(x + self.residual(x))
        x = self.pool(x)  # (N, 32, 7, 7)
        x = torch.relu(self.head(x))  # (N, 64, 7, 7)
        return self.classifier(torch.flatten(self.average(x), 1))


def preprocess(images: npt.NDArray[np.uint8]) -> torch.Tensor:
    """Return uint8 images (N, 28, 28) as float32 (N, 1, 28, 28) in [0, 1].

    Quantized to int8 with the scale 1/255 that follows from this range, a pixel p becomes p - 128:
    no information is lost at the input.
    """
    return torch.from_numpy(images).unsqueeze(1).to(torch.float32) / 255.0


def fashion_cnn() -> FashionCnn:
    """Return the trained network in evaluation mode, with the weights of `weights.npz`."""
    network = FashionCnn()
    with np.load(HERE / "weights.npz", allow_pickle=False) as arrays:
        network.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return network.eval()


def calibration() -> torch.Tensor:
    """Return 256 images of the training set, float32 (256, 1, 28, 28)."""
    with np.load(HERE / "calibration.npz", allow_pickle=False) as arrays:
        return preprocess(arrays["images"])


def evaluation() -> torch.Tensor:
    """Return 512 images of the test set, float32 (512, 1, 28, 28)."""
    with np.load(HERE / "images.npz", allow_pickle=False) as arrays:
        return preprocess(arrays["images"])


def labels() -> torch.Tensor:
    """Return the classes of the images of `evaluation`, int64 (512,)."""
    with np.load(HERE / "images.npz", allow_pickle=False) as arrays:
        return torch.from_numpy(arrays["labels"]).to(torch.int64)
