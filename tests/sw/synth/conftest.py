"""A bundle that is as small as one can be and still reads what it has written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isomac.bundle.build import build
from isomac.compile.search import Constraints
from tests.sw.small_graphs import convolution, graph

#: Multipliers of twelve bits keep the requantizer small.
FIRST = convolution(multiplier=np.array([3001, 4095]), shift=np.array([20, 21]))
NETWORK = graph(FIRST, replace(FIRST, name="second", inputs=("y",), output="z"))
INPUTS = np.random.default_rng(1).integers(-128, 128, (2, 2, 4, 4), np.int8)
CONSTRAINTS = Constraints(multipliers=2, tile=(1, 1), channel_lanes=2, requant_lanes=1, banks=1)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with two multipliers; tests that write into it copy it."""
    folder = tmp_path_factory.mktemp("synth") / "bundle"
    build(NETWORK, folder, INPUTS, CONSTRAINTS)
    return folder
