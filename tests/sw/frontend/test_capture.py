"""The user's model stays as it was, whatever its batch; what cannot be exported is explained."""

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.export import Dim
from torch.nn import functional as F

from isomac.errors import IsomacError
from isomac.frontend import quantize, quantize_with_reference
from tests.sw.frontend.networks import LeNet, ResNet8
from tests.sw.frontend.support import (
    Net,
    assert_agrees,
    convolution,
    images,
    kinds,
    quantized,
    seeded,
)


def test_the_model_stays_as_it_was() -> None:
    model = seeded(ResNet8())
    model.train()
    model.block2.eval()
    state = copy.deepcopy(model.state_dict())
    modes = [module.training for module in model.modules()]
    gradients = [parameter.requires_grad for parameter in model.parameters()]
    identities = {name: id(value) for name, value in model.state_dict(keep_vars=True).items()}
    calibration = images(8, 3, 32, 32)
    before = calibration.clone()
    quantize(model, calibration)
    assert [module.training for module in model.modules()] == modes
    assert [parameter.requires_grad for parameter in model.parameters()] == gradients
    assert {k: id(v) for k, v in model.state_dict(keep_vars=True).items()} == identities
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert torch.equal(calibration, before)


def test_the_mode_is_restored_after_a_failure() -> None:
    model = Net(lambda net, x: net.conv(x), conv=convolution(5, 8)).train()
    with pytest.raises(IsomacError):
        quantized(model, 3, 8, 8)
    assert model.training
    assert model.conv.training


def test_training_mode_is_left_for_the_export() -> None:
    assert kinds(quantized(LeNet().train(), 1, 28, 28)) == kinds(
        quantized(LeNet().eval(), 1, 28, 28)
    )


STATIC: dict[str, Callable[[torch.Tensor], Any]] = {
    "one_image": lambda x: x.view(1, -1),
    "python_size": lambda x: x.reshape(int(x.shape[0]), 8 * 6 * 6),
}


@pytest.mark.parametrize("name", STATIC)
def test_a_model_for_one_image(name: str) -> None:
    """A batch of one is all the hardware needs; calibration and reference still take any batch."""
    model = Net(
        lambda net, x: net.fc(STATIC[name](net.conv(x))),
        conv=convolution(3, 8),
        fc=nn.Linear(288, 4),
    )
    result = quantized(model, 3, 6, 6)
    assert kinds(result) == ["Convolution", "Reshape", "Linear"]
    assert_agrees(result)


@pytest.mark.parametrize("batch", [1, 4, None])
def test_exported_program(batch: int | None) -> None:
    model = seeded(LeNet()).eval()
    x = images(16, 1, 28, 28)
    dynamic = None if batch else ({0: Dim.DYNAMIC},)
    program = torch.export.export(model, (x[: batch or 2],), dynamic_shapes=dynamic)
    state = {name: value.clone() for name, value in program.state_dict.items()}
    result = quantize_with_reference(program, x, name="LeNet")
    assert_agrees(result, tolerance=3e-3)
    assert all(torch.equal(value, state[name]) for name, value in program.state_dict.items())
    assert "quantization_annotation" not in str([node.meta for node in program.graph.nodes])


def test_a_program_exported_in_training_mode_is_refused() -> None:
    model = nn.Sequential(convolution(3, 8), nn.BatchNorm2d(8), nn.Dropout()).train()
    x = images(4, 3, 8, 8)
    program = torch.export.export(model, (x,))
    with pytest.raises(IsomacError) as caught:
        quantize(program, x)
    assert "batch_norm '1': in training mode it depends on the batch" in str(caught.value)
    assert "dropout '2': in training mode it is random" in str(caught.value)


def test_a_program_with_an_open_size_is_refused() -> None:
    model = Net(lambda net, x: net.conv(x), conv=convolution(3, 8))
    x = images(4, 3, 8, 8)
    sizes = ({0: Dim.DYNAMIC, 2: Dim.DYNAMIC},)
    program = torch.export.export(model, (x,), dynamic_shapes=sizes)
    with pytest.raises(IsomacError, match=r"must be a batch of maps .* of fixed size"):
        quantize(program, x)


class Branch(nn.Module):
    """Decides by the brightness."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = convolution(3, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.sum() > 0:
            return self.conv(x)
        return F.relu(self.conv(x))


class Raises(nn.Module):
    """Raises whatever it is given."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise LookupError("no such table")


def test_control_flow_that_depends_on_the_data(capfd: pytest.CaptureFixture[str]) -> None:
    line = Branch.forward.__code__.co_firstlineno + 1
    with pytest.raises(
        IsomacError,
        match=re.escape(f"its control flow depends on the data (test_capture.py:{line})"),
    ):
        quantized(Branch(), 3, 8, 8)
    assert capfd.readouterr().err == ""


def test_a_model_that_raises() -> None:
    line = Raises.forward.__code__.co_firstlineno + 1
    with pytest.raises(
        IsomacError,
        match=re.escape(
            "network 'Raises' cannot be exported with an input of shape (1, 3, 8, 8)"
            f" (test_capture.py:{line}): no such table"
        ),
    ):
        quantized(Raises(), 3, 8, 8)


def test_an_input_the_model_does_not_accept() -> None:
    with pytest.raises(IsomacError, match=r"shape \(1, 3, 8, 8\).*to have 5 channels, but got 3"):
        quantized(Net(lambda net, x: net.conv(x), conv=convolution(5, 8)), 3, 8, 8)


def test_maps_or_vectors() -> None:
    with pytest.raises(IsomacError, match="must be a batch of maps"):
        quantize(
            nn.Conv1d(3, 8, 3), torch.randn(4, 3, 9, generator=torch.Generator().manual_seed(0))
        )


class Keyword(nn.Module):
    """Takes its input by name only."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = convolution(3, 8)

    def forward(self, *, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class Dictionary(nn.Module):
    """Takes its input in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = convolution(3, 8)

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.conv(batch["image"])


def test_the_input_is_a_tensor_given_by_position() -> None:
    x = images(2, 3, 8, 8)
    with pytest.raises(IsomacError, match="must take its input 'x' by position, not by name"):
        quantize(Keyword(), x)
    for program in (
        torch.export.export(Keyword(), (), {"x": x}),
        torch.export.export(Dictionary(), ({"image": x},)),
    ):
        with pytest.raises(IsomacError, match="must take its input by position and as a tensor"):
            quantize(program, x)


class WithoutGradients(nn.Module):
    """Turns gradients off for a part of the network."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = convolution(3, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            x = self.conv(x)
        return F.relu(x)


def test_gradients_do_not_matter() -> None:
    assert kinds(quantized(WithoutGradients(), 3, 8, 8)) == ["Convolution"]


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
def test_a_decomposed_program_is_refused_with_the_way_out() -> None:
    x = images(2, 3, 8, 8)
    model = nn.Sequential(convolution(3, 8), nn.BatchNorm2d(8)).eval()
    program = torch.export.export(model, (x,)).run_decompositions()
    with pytest.raises(IsomacError, match="'1': the program was decomposed; use it as torch"):
        quantize(program, x)
