"""The expected values of a range of inputs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.bundle import Bundle


@dataclass(frozen=True)
class Expected:
    """Expected values of the inputs `start` to `stop` of a bundle.

    Parameters
    ----------
    layers: int8 (N, C, H, W) for each layer with storage, by its index.
    output: int8 (N, words, M), the output stream.
    """

    start: int
    layers: dict[int, NDArray[np.int8]]
    output: NDArray[np.int8]

    @staticmethod
    def load(bundle: Bundle, start: int, stop: int) -> "Expected":
        """Read them from the vectors of a bundle."""
        layers = bundle.manifest.layers
        return Expected(
            start=start,
            layers={
                index: bundle.vector(f"layer_{index}", start, stop)
                for index, layer in enumerate(layers)
                if layer.storage is not None
            },
            output=bundle.vector("output", start, stop),
        )
