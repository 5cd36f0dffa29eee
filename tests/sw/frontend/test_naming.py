"""Names and lines that a user recognizes."""

import pytest
import torch
from torch import nn

from isomac.frontend.naming import source_of_trace
from isomac.lowering.builder import Names
from tests.sw.frontend import networks
from tests.sw.frontend.networks import LeNet, ResidualBlock, ResNet8
from tests.sw.frontend.support import quantized


def test_names_are_paths_of_modules() -> None:
    graph = quantized(ResNet8(), 3, 32, 32).graph
    assert graph.name == "ResNet8"
    assert graph.inputs == ("x",)
    assert [operation.name for operation in graph.operations] == [
        "stem.0",
        *("block1.conv1", "block1.conv2", "block1.add"),
        *("block2.conv1", "block2.conv2", "block2.shortcut", "block2.add"),
        *("block3.conv1", "block3.conv2", "block3.shortcut", "block3.add"),
        *("adaptive_avg_pool2d", "flatten", "fc"),
    ]
    assert all(operation.output == operation.name for operation in graph.operations)


def test_lines_of_the_model() -> None:
    graph = quantized(ResNet8(), 3, 32, 32).graph
    first = ResidualBlock.forward.__code__.co_firstlineno
    places = {operation.name: operation.source for operation in graph.operations}
    file = networks.__name__.rpartition(".")[2]
    assert places["block2.conv1"] == f"{file}.py:{first + 1}"
    assert places["block2.conv2"] == f"{file}.py:{first + 2}"
    assert places["block2.add"] == f"{file}.py:{first + 3}"


def test_names_do_not_collide() -> None:
    graph = quantized(LeNet(), 1, 28, 28, name="digits").graph
    assert graph.name == "digits"
    names = [tensor.name for tensor in graph.tensors]
    assert names[:5] == ["x", "conv1", "max_pool2d", "conv2", "max_pool2d_2"]
    assert len(set(names)) == len(names)


def test_a_layer_named_like_the_input() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.x = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.x(x)

    graph = quantized(Net(), 4).graph
    assert [tensor.name for tensor in graph.tensors] == ["x", "x_2"]


def test_unique() -> None:
    names = Names()
    assert [names.unique(n) for n in ("a", "a", "a_2", "a", "b")] == [
        "a",
        "a_2",
        "a_2_2",
        "a_3",
        "b",
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/me/net.py", "net.py:7"),
        ("C:\\work\\net.py", "net.py:7"),
        ("/home/me/torch/net.py", "net.py:7"),
        ("/usr/lib/python3/dist-packages/torch/nn/modules/conv.py", ""),
        ("C:\\venv\\Lib\\site-packages\\torch\\nn\\functional.py", ""),
    ],
)
def test_lines_of_other_machines(path: str, expected: str) -> None:
    assert source_of_trace(f'File "{path}", line 7, in forward\n    return x') == expected
