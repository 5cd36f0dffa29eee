"""Newton's iteration: the golden model, the hardware's integers, and the Verilog."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from isomac import Constraints, IsomacError, build, cosimulate
from isomac.golden.operators.newton_softmax import _reciprocal
from isomac.graph.graph import Graph
from isomac_hw.newton import reciprocal
from tests.sw.compile.operators.graphs import layer
from tests.sw.small_graphs import graph, tensor
from tests.sw.small_operations import newton_softmax, softmax


def divisors(sums: torch.Tensor) -> torch.Tensor:
    """Normalized sums, in [2**30, 2**31)."""
    places = torch.tensor([int(total).bit_length() for total in sums])
    return sums << (31 - places)


@pytest.mark.parametrize(
    "sums",
    [
        torch.arange(2**19, 2**20 + 1),
        torch.tensor(np.random.default_rng(1).integers(2**20, 2**31, 100_000)),
    ],
    ids=["all of two channels", "random"],
)
def test_the_reciprocal_of_the_golden_model_is_that_of_the_hardware(sums: torch.Tensor) -> None:
    normalized = divisors(sums)
    expected = [reciprocal(divisor) for divisor in normalized.tolist()]
    assert _reciprocal(normalized).tolist() == expected


def network(channels: int) -> Graph:
    """Return two softmax layers with a convolution between them, over maps of 3 x 2 pixels."""
    size = (channels, 3, 2)
    shapes = [tensor(name, size, zero_point=zero) for name, zero in (("x", 3), ("y", -5), ("w", 9))]
    shapes += [tensor(name, size, zero_point=-128) for name in "sz"]
    return graph(
        layer("conv", "x", "y", (channels, channels), (3, 3), padding=(1, 1, 1, 1)),
        replace(newton_softmax(), name="inner", output="s"),
        layer("last", "s", "w", (channels, channels)),
        replace(newton_softmax(), inputs=("w",)),
        tensors=tuple(shapes),
    )


def images(channels: int) -> npt.NDArray[np.int8]:
    """Return inputs of random bytes, and of the extremes alone."""
    rng = np.random.default_rng(channels)
    batch = rng.integers(-128, 128, (6, channels, 3, 2), np.int8)
    batch[0], batch[1] = -128, rng.choice(np.array([-128, 127], np.int8), batch[1].shape)
    return batch


@pytest.mark.parametrize(
    ("channels", "lanes", "mode", "load"),
    [(5, 3, "fixed", "image"), (10, 4, "programmable", "port"), (2, 1, "programmable", "image")],
)
def test_the_verilog_computes_every_byte(
    channels: int, lanes: int, mode: str, load: str, tmp_path: Path
) -> None:
    constraints = Constraints(tile=(1, 2), channel_lanes=lanes)
    bundle = build(network(channels), tmp_path / "b", images(channels), constraints, mode=mode)
    for simulation in ("fast", "cycle"):
        report = cosimulate(bundle.path, mode=simulation, load=load, seed=3, progress=False)
        assert report.bit_exact
        assert report.cycles_exact
        assert report.inputs == 6


def test_a_network_by_division_does_not_fit_the_hardware(tmp_path: Path) -> None:
    hardware = build(network(4), tmp_path / "b", images(4), mode="programmable").program.parameters
    shapes = (*(tensor(name, (4, 3, 2)) for name in "xy"), tensor("z", (4, 3, 2), zero_point=-128))
    other = graph(layer("conv", "x", "y", (4, 4)), softmax(), tensors=shapes)
    with pytest.raises(IsomacError, match=r"short of softmax method \(has newton, needs division"):
        build(other, tmp_path / "other", images(4), hardware=hardware)
    assert not (tmp_path / "other").exists()
