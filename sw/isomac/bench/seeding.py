"""Weights for networks that were not trained: seeded, and such that activations are well spread.

Cycles and exactness do not depend on what a network has learned, but a proof over activations that
are all alike, or all saturated, would prove little. So weights are drawn as for training (He et
al., arXiv:1502.01852), and batch normalization gets the statistics of real activations.
"""

import math

import torch
from torch import nn

#: Seed of all weights.
SEED = 20
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def seed_weights(module: nn.Module, calibration: torch.Tensor) -> None:
    """Set all weights of `module` in place, and its batch statistics from the calibration data.

    Factors and offsets of batch normalization differ from channel to channel, as after training:
    ReLU lets between a tenth and nine tenths of a channel pass.

    Parameters
    ----------
    module
        Whose layers are convolutions, linear layers and batch normalization.
    calibration
        Inputs of the module (N, ...).
    """
    generator = torch.Generator().manual_seed(SEED)
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            deviation = math.sqrt(2 / layer.weight[0].numel())
            nn.init.normal_(layer.weight, 0, deviation, generator)
            if layer.bias is not None:
                nn.init.normal_(layer.bias, 0, 0.1, generator)
        elif isinstance(layer, _NORMS):
            nn.init.uniform_(layer.weight, 0.6, 1.4, generator)
            nn.init.normal_(layer.bias, 0, 0.5, generator)
            # The average over all that is seen, in the place of a moving one.
            layer.reset_running_stats()
            layer.momentum = None
    module.train()
    with torch.no_grad():
        module(calibration)
    module.eval()
