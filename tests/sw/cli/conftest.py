"""A small network in a file, as a user would have it."""

from pathlib import Path

import pytest

NETWORK = """
import torch
from torch import nn


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))


def smaller():
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))


def images(count=8):
    return torch.rand(count, 2, 4, 4, generator=torch.Generator().manual_seed(3))


def few():
    return images(5)


def wide():
    return torch.rand(8, 2, 5, 4)


def sine():
    return SineNetwork()


class SineNetwork(nn.Module):
    def forward(self, x):
        return torch.sin(x)


def broken():
    raise RuntimeError("out of luck")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current folder one that holds only `net.py`, and return it."""
    (tmp_path / "net.py").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)
    return tmp_path
