"""Models that are named on the command line."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.export import ExportedProgram

from isomac.errors import IsomacError
from isomac.frontend import load_model, quantize

SOURCE = """
import sys
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Options:
    width: int = 8


class Net(nn.Sequential):
    pass


def build():
    return Net(nn.Conv2d(3, Options().width, 3))


def with_example():
    return build(), torch.zeros(1, 3, 8, 8)


def with_examples():
    return build(), (torch.zeros(1, 3, 8, 8),)


def wrong_example():
    return build(), "example"


def number():
    return 3


def fails():
    raise KeyError("weights")


def gives_up():
    sys.exit(0)


class Leaves(nn.Module):
    def forward(self, x):
        raise SystemExit


constant = 5
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize("name", ["build", "with_example", "with_examples", "Net"])
def test_python_file(file: Path, name: str) -> None:
    loaded = load_model(f"{file}:{name}")
    assert isinstance(loaded.model, nn.Module)
    assert loaded.name == name
    assert (loaded.example is not None) == name.startswith("with")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing", "net.py has no 'missing'"),
        ("constant", "'constant' in"),
        ("number", ":number must return a torch.nn.Module or (module, example input), not int"),
        ("wrong_example", "the example input that"),
        ("fails", ":fails raised KeyError: 'weights' (net.py:39)"),
        ("gives_up", ":gives_up raised SystemExit: 0 (net.py:43)"),
        ("", "names no callable"),
    ],
)
def test_callables_that_cannot_be_used(file: Path, name: str, sentence: str) -> None:
    with pytest.raises(IsomacError, match=re.escape(sentence)):
        load_model(f"{file}:{name}")


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    for spec, sentence in (
        (f"{tmp_path}/none.py:build", f"there is no file {tmp_path}/none.py"),
        (f"{tmp_path}/none.pt2", f"there is no file {tmp_path}/none.pt2"),
        (f"{tmp_path}/net.py", "names no callable"),
        (f"{tmp_path}/net.onnx", "a model must be file.py:callable or a .pt2, .onnx, .tflite or"),
    ):
        with pytest.raises(IsomacError, match=re.escape(sentence)):
            load_model(spec)
    (tmp_path / "broken.py").write_text("import nothing_of_this_name\n")
    with pytest.raises(IsomacError, match=r"importing .*broken.py raised ModuleNotFoundError"):
        load_model(f"{tmp_path}/broken.py:build")
    (tmp_path / "syntax.py").write_text("def build(:\n")
    with pytest.raises(IsomacError, match=r"importing .*syntax.py raised SyntaxError"):
        load_model(f"{tmp_path}/syntax.py:build")
    (tmp_path / "leaves.py").write_text("raise SystemExit\n")
    with pytest.raises(IsomacError, match=r"importing .*leaves.py raised SystemExit"):
        load_model(f"{tmp_path}/leaves.py:build")


def test_a_network_that_ends_the_program(file: Path) -> None:
    model = load_model(f"{file}:Leaves").model
    with pytest.raises(IsomacError, match=r"network 'Leaves' cannot be exported .*SystemExit"):
        quantize(model, torch.rand(4, 3))


def test_exported_file(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).eval()
    program = torch.export.export(model, (torch.zeros(1, 3, 8, 8),))
    torch.export.save(program, tmp_path / "small.pt2")
    loaded = load_model(f"{tmp_path}/small.pt2")
    assert isinstance(loaded.model, ExportedProgram)
    assert (loaded.name, loaded.example) == ("small", None)
