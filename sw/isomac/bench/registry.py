"""The networks of the suite, by their keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from isomac.bench.samples import Split
from isomac.bench.seeding import seed_weights
from isomac.discovery import import_submodules
from isomac.errors import IsomacError

#: Samples that set the scales of the quantization and the statistics of batch normalization.
CALIBRATION = 64


@dataclass(frozen=True)
class BenchNetwork:
    """One network of the suite.

    Parameters
    ----------
    key
        By which the command line and the results know it.
    title
        What it is, in a few words.
    topology
        Makes the module, with weights of no meaning.
    samples
        Makes inputs, float32 (count, ...), from a count and which of the two sets they are of.
    weights
        Gives the module its weights, from the module and the calibration data.
    """

    key: str
    title: str
    topology: Callable[[], nn.Module]
    samples: Callable[[int, Split], torch.Tensor]
    weights: Callable[[nn.Module, torch.Tensor], None] = seed_weights

    def calibration(self) -> torch.Tensor:
        """Return the inputs that the quantization is calibrated with, always the same."""
        return self.samples(CALIBRATION, "calibration")

    def test_inputs(self, count: int) -> torch.Tensor:
        """Return the first `count` test inputs, none of which is among the calibration data."""
        return self.samples(count, "test")

    def build(self) -> nn.Module:
        """Return the module with its weights, in evaluation mode, always the same."""
        module = self.topology()
        self.weights(module, self.calibration())
        return module.eval()


_NETWORKS: dict[str, BenchNetwork] = {}


def register(network: BenchNetwork) -> None:
    """Add a network to the suite.

    Raises
    ------
    TypeError
        If the key is taken.
    """
    if network.key in _NETWORKS:
        raise TypeError(f"there are two networks {network.key!r}")
    _NETWORKS[network.key] = network


def networks() -> dict[str, BenchNetwork]:
    """Return all networks of the suite by key, those of `isomac.bench.networks`."""
    from isomac.bench import networks as package

    import_submodules(package.__name__, package.__path__)
    return dict(sorted(_NETWORKS.items()))


def network(key: str) -> BenchNetwork:
    """Return the network with this key.

    Raises
    ------
    IsomacError
        If there is none.
    """
    found = networks()
    if key not in found:
        raise IsomacError(f"the suite has the networks {', '.join(found)}, not {key!r}")
    return found[key]
