"""Train `model.FashionCnn` and write what this folder commits: weights, images, measurements.

Two runs on machines of the same kind give the same weights: one thread, seeded generators,
deterministic kernels. The test set is looked at once, after the last epoch.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from dataset import FOLDER, read_split
from model import HERE, FashionCnn, preprocess
from torch.nn import functional

#: How many images of the test and of the training set are committed: the first ones.
TEST_IMAGES = 512
CALIBRATION_IMAGES = 256


def augment(images: torch.Tensor, generator: torch.Generator, margin: int = 2) -> torch.Tensor:
    """Shift each image (N, 1, H, W) by up to `margin` pixels each way, and mirror half of them."""
    count, _, height, width = images.shape
    padded = functional.pad(images, (margin,) * 4)[:, 0]
    shift = torch.randint(2 * margin + 1, (2, count, 1), generator=generator)
    rows = torch.arange(height) + shift[0]
    columns = torch.arange(width) + shift[1]
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    return padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]][
        :, None
    ]


def train(
    network: FashionCnn,
    images: torch.Tensor,
    labels: torch.Tensor,
    epochs: int,
    batch: int,
    rate: float,
    seed: int,
) -> None:
    """Train `network` in place with SGD, one cycle of the learning rate and smoothed labels."""
    generator = torch.Generator().manual_seed(seed)
    decayed = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in network.parameters() if parameter.ndim == 1]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": 2e-4}, {"params": others, "weight_decay": 0.0}],
        lr=rate,
        momentum=0.9,
        nesterov=True,
    )
    steps = len(images) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=rate, total_steps=epochs * steps, pct_start=0.1, cycle_momentum=False
    )
    network.train()
    for epoch in range(epochs):
        started = time.monotonic()
        losses = 0.0
        order = torch.randperm(len(images), generator=generator)[: steps * batch]
        for chosen in order.reshape(steps, batch):
            logits = network(augment(images[chosen], generator))
            loss = functional.cross_entropy(logits, labels[chosen], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses += loss.item()
        seconds = time.monotonic() - started
        print(
            f"epoch {epoch + 1:2}/{epochs}: loss {losses / steps:.4f}, {seconds:.0f} s", flush=True
        )


@torch.no_grad()
def accuracy(network: FashionCnn, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of `images` whose largest logit is at the label."""
    network.eval()
    right = sum(
        int((network(some).argmax(1) == wanted).sum())
        for some, wanted in zip(images.split(1000), labels.split(1000), strict=True)
    )
    return right / len(images)


def save_images(
    path: Path, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], count: int
) -> None:
    """Write the first `count` images, uint8 (count, 28, 28), and their labels, uint8 (count,)."""
    np.savez_compressed(path, images=images[:count], labels=labels[:count])


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of the IDX files")
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write to")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.1, help="largest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(options.seed)
    train_images, train_labels = read_split(options.data, "train")
    test_images, test_labels = read_split(options.data, "t10k")

    network = FashionCnn()
    started = time.monotonic()
    train(
        network,
        preprocess(train_images),
        torch.from_numpy(train_labels).to(torch.int64),
        options.epochs,
        options.batch,
        options.rate,
        options.seed,
    )
    seconds = time.monotonic() - started

    inputs, targets = preprocess(test_images), torch.from_numpy(test_labels).to(torch.int64)
    result = {
        "test_accuracy": accuracy(network, inputs, targets),
        "test_images": len(inputs),
        "committed_accuracy": accuracy(network, inputs[:TEST_IMAGES], targets[:TEST_IMAGES]),
        "committed_images": TEST_IMAGES,
        "epochs": options.epochs,
        "batch": options.batch,
        "rate": options.rate,
        "seed": options.seed,
        "threads": 1,
        "seconds": round(seconds),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }
    print(f"test accuracy {result['test_accuracy']:.2%} after {seconds:.0f} s")

    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    np.savez_compressed(options.output / "weights.npz", **weights)
    save_images(options.output / "images.npz", test_images, test_labels, TEST_IMAGES)
    save_images(options.output / "calibration.npz", train_images, train_labels, CALIBRATION_IMAGES)
    (options.output / "training.json").write_text(
        json.dumps(result, indent=2) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
