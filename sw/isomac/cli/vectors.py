"""The test inputs of a bundle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isomac.cli.network import Network
from isomac.errors import IsomacError
from isomac.frontend import load_test_data
from isomac.graph.graph import Graph
from isomac.graph.limits import INT8_MAX, INT8_MIN

#: Number of test inputs unless the user says another, or there are fewer.
VECTORS = 64
#: Seed of random test inputs.
SEED = 0

Inputs = npt.NDArray[np.float32] | npt.NDArray[np.int8] | dict[str, npt.NDArray[np.int8]]


def read_test_inputs(network: Network, test_data: str | None, count: int | None) -> Inputs:
    """Return the first `count` samples of the test data, or else of the calibration data.

    Without either, for a network that came quantized, random bytes are drawn for every input of the
    graph.

    Parameters
    ----------
    network
        From `read_network`.
    test_data
        See `isomac.frontend.load_test_data`; maps as the model file has them.
    count
        Number of samples; up to `VECTORS` if None.

    Returns
    -------
    ndarray or dict of str to ndarray
        float32 or int8 (N, ...); or int8 (N, *shape) by the name of the input.

    Raises
    ------
    IsomacError
        If the data cannot be used, or holds fewer samples than `count`.
    """
    data = network.calibration if test_data is None else load_test_data(test_data)
    if data is None:
        return random_inputs(network.graph, VECTORS if count is None else count)
    if count is not None and count > len(data):
        source = "the calibration data" if test_data is None else test_data
        raise IsomacError(f"{count} test inputs were asked for, but {source} holds {len(data)}")
    samples = data[: VECTORS if count is None else count].numpy()
    if network.imported is not None and len(network.graph.inputs) == 1:
        samples = network.imported.arrange(network.graph.inputs[0], samples)
    return np.ascontiguousarray(samples)


def random_inputs(graph: Graph, count: int) -> dict[str, npt.NDArray[np.int8]]:
    """Return random bytes for every input of a graph, (count, *shape), the same every time."""
    random = np.random.default_rng(SEED)
    return {
        name: random.integers(
            INT8_MIN, INT8_MAX, (count, *graph.tensor(name).shape), np.int8, endpoint=True
        )
        for name in graph.inputs
    }
