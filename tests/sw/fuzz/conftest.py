"""The hardware of the shapes, built once in a test process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from isomac.fuzz.shapes import FuzzShape
from isomac.fuzz.worker import prepare

Hardware = Callable[[FuzzShape], Path]


@pytest.fixture(scope="session")
def hardware(tmp_path_factory: pytest.TempPathFactory) -> Hardware:
    """A function that returns the bundle of a shape, whose simulator is built."""
    folder = tmp_path_factory.mktemp("hardware")
    built: dict[FuzzShape, Path] = {}

    def bundle(shape: FuzzShape) -> Path:
        if shape not in built:
            built[shape] = prepare(shape, folder)
        return built[shape]

    return bundle
