"""Train the network RN of the benchmark suite on Fashion-MNIST and write its weights and inputs.

    apt install dataset-fashion-mnist
    python bench/train_rn.py

It takes about a minute on one core and reaches 90 % on the test set; seeds are fixed.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from torch import nn
from torch.nn import functional

import isomac.bench.networks
from isomac.bench.networks.rn import rn

#: Where the Debian package puts the data set.
DATA = Path("/usr/share/datasets/fashion-mnist")
#: Images of each split that are written: the first ones.
IMAGES = 64
TARGET = Path(isomac.bench.networks.__path__[0]) / "rn.npz"


def read_idx(path: Path, start: int) -> npt.NDArray[np.uint8]:
    """Return the bytes of a gzipped IDX file behind its header, which ends at `start`."""
    with gzip.open(path) as file:
        return np.frombuffer(file.read()[start:], np.uint8).copy()


def read_split(folder: Path, split: str) -> tuple[npt.NDArray[np.uint8], torch.Tensor]:
    """Return images uint8 (N, 28, 28) and labels int64 (N,) of the split `train` or `t10k`."""
    images = read_idx(folder / f"{split}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = read_idx(folder / f"{split}-labels-idx1-ubyte.gz", 8).astype(np.int64)
    return images, torch.from_numpy(labels)


def to_tensor(images: npt.NDArray[np.uint8]) -> torch.Tensor:
    """Return images as the network reads them, float32 (N, 1, 28, 28) in [0, 1]."""
    return torch.from_numpy(images)[:, None].to(torch.float32) / 255


def train(network: nn.Module, images: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    """Train in place: Adam in batches of 128, through one cycle of the learning rate."""
    optimizer = torch.optim.Adam(network.parameters())
    steps = epochs * (len(images) // 128)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images)).split(128)[: len(images) // 128]:
            optimizer.zero_grad()
            functional.cross_entropy(network(images[chosen]), labels[chosen]).backward()
            optimizer.step()
            schedule.step()


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the IDX files")
    parser.add_argument("--output", type=Path, default=TARGET)
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    training, labels = read_split(options.data, "train")
    tests, answers = read_split(options.data, "t10k")
    network = rn()
    train(network, to_tensor(training), labels, options.epochs)
    with torch.no_grad():
        right = network.eval()(to_tensor(tests)).argmax(1) == answers
    Console().print(f"test accuracy {float(right.double().mean()):.2%}")
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    np.savez_compressed(
        options.output, calibration=training[:IMAGES], test=tests[:IMAGES], **weights
    )


if __name__ == "__main__":
    main()
