"""`import isomac` is quick and gives what it promises."""

import subprocess
import sys

import pytest

import isomac


@pytest.mark.parametrize("name", isomac.__all__)
def test_every_name_is_there(name: str) -> None:
    assert callable(getattr(isomac, name))
    assert getattr(isomac, name).__name__ == name
    assert name in dir(isomac)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'isomac' has no attribute 'nonsense'"):
        isomac.__getattr__("nonsense")


@pytest.mark.parametrize("module", ["torch", "numpy", "amaranth", "cocotb"])
def test_the_import_is_quick(module: str) -> None:
    code = f"import isomac, sys; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
