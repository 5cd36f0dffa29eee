"""One small bundle that the tests look at."""

import pytest

from isomac.bundle.build import Bundle, build
from tests.sw.bundle.small import CONSTRAINTS, INPUTS, NETWORK


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle of a small network; tests only read it."""
    return build(NETWORK, tmp_path_factory.mktemp("bundle") / "small", INPUTS, CONSTRAINTS)
