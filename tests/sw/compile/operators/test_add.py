"""Additions: two operands in one accumulator, taken apart again."""

from dataclasses import replace

import numpy as np
import pytest

from isomac.compile.operands import OPERAND_WEIGHTS
from isomac.compile.work import ArrayWork, Segmentation
from tests.sw.compile.equal import check_all
from tests.sw.compile.operators.graphs import after_gaps, layer
from tests.sw.small_graphs import graph, tensor
from tests.sw.small_operations import add


def test_the_accumulator_holds_both_operands() -> None:
    """From a - 256 b every pair of bytes comes back, and the extremes are reached."""
    a, b = np.meshgrid(np.arange(-128, 128), np.arange(-128, 128))
    left = a * OPERAND_WEIGHTS[0].sum() + b * OPERAND_WEIGHTS[1].sum(dtype=np.int64)
    low = (left + 128) % 256 - 128
    assert (low == a).all()
    assert ((low - left) // 256 == b).all()
    lowered = check_all(graph(layer("conv", "x", "y", (2, 2)), add()))
    (work,) = lowered.layers[-1].work
    assert isinstance(work, ArrayWork)
    constants = work.constants(Segmentation(2, 2, 1, 1))
    assert (constants.raw_min, constants.raw_max) == (left.min(), left.max())
    # The bias goes to the first operand alone.
    bias = int(constants.bias[0])
    assert bias == -3
    assert (constants.total_min, constants.total_max) == (-128 + bias, 127 + bias)


@pytest.mark.parametrize(
    "multipliers", [(2**30, 2**29), (0, 2**30), (2**30, 0), (0, 0), (2**31 - 1, 2**31 - 1), (1, 1)]
)
def test_multipliers(multipliers: tuple[int, int]) -> None:
    operation = replace(add(), multipliers=multipliers)
    check_all(graph(layer("conv", "x", "y", (2, 2)), operation))


@pytest.mark.parametrize("zero_points", [(-128, 127, 0), (127, -128, -128), (0, 50, 127)])
def test_zero_points(zero_points: tuple[int, int, int]) -> None:
    shapes = tuple(
        tensor(name, zero_point=value) for name, value in zip("xyz", zero_points, strict=True)
    )
    check_all(graph(layer("conv", "x", "y", (2, 2)), add(), tensors=shapes))


def test_a_tensor_to_itself() -> None:
    check_all(graph(layer("conv", "x", "y", (2, 2)), add(inputs=("y", "y"))))


@pytest.mark.parametrize("channels", [1, 4, 7])
def test_vectors_and_channels(channels: int) -> None:
    shapes = tuple(tensor(name, (channels, 1, 1)) for name in "xyz")
    check_all(graph(layer("conv", "x", "y", (channels, channels)), add(), tensors=shapes))
    shapes = tuple(tensor(name, (channels, 3, 5)) for name in "xyz")
    check_all(graph(layer("conv", "x", "y", (channels, channels)), add(), tensors=shapes))


def test_equal_gaps_stay() -> None:
    """Operands whose channels lie in the same slots are added as they are."""
    total = add(inputs=("c", "c"))
    lowered = check_all(after_gaps(total, tensors=(tensor("z", (6, 4, 4)),)))
    assert [name.label for name in lowered.layers if name.label == "copy"] == []
    assert not lowered.layers[-1].view.layout.is_dense


@pytest.mark.parametrize("inputs", [("c", "y"), ("y", "c")])
def test_operands_in_different_slots_are_copied_first(inputs: tuple[str, str]) -> None:
    """Only the one with gaps is."""
    other = layer("third", "a", "y", (3, 6))
    total = add(inputs=inputs)
    shapes = (tensor("y", (6, 4, 4)), tensor("z", (6, 4, 4)))
    lowered = check_all(after_gaps(other, total, tensors=shapes))
    copies = [layer.name for layer in lowered.layers if layer.label == "copy"]
    assert copies == [f"add:copy{inputs.index('c')}"]
    assert lowered.layers[-1].view.layout.is_dense
