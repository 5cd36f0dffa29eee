"""The hardware of a shape as a bundle."""

from pathlib import Path

import numpy as np

from isomac.bundle.build import build
from isomac.fuzz.shapes import FuzzShape
from isomac.graph.graph import Graph
from isomac.graph.operators.linear import Linear
from isomac.graph.tensor import Tensor


def build_hardware(shape: FuzzShape, folder: Path) -> Path:
    """Write the bundle of a shape into a folder of its name, and return its path."""
    path = folder / shape.name
    inputs = np.ones((1, 1), np.int8)
    build(_smallest_graph(), path, inputs, hardware=shape.parameters)
    return path


def _smallest_graph() -> Graph:
    """One multiplication: a bundle has a network, although ours will run others."""
    one = np.ones(1, np.int64)
    return Graph(
        name="smallest",
        tensors=(Tensor("x", (1,), 1.0, 0), Tensor("y", (1,), 1.0, 0)),
        operations=(
            Linear(
                name="linear",
                inputs=("x",),
                output="y",
                weight=np.ones((1, 1), np.int8),
                bias=np.zeros(1, np.int32),
                multiplier=one,
                shift=one,
                quant_min=-128,
                quant_max=127,
            ),
        ),
        inputs=("x",),
        outputs=("y",),
    )
