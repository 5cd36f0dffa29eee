"""What building a bundle refuses: a sentence, and nothing is left behind."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomac.bundle import build as module
from isomac.bundle.build import build
from isomac.compile.search import Constraints
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import RESHAPE, add

ONE = graph(convolution())
#: Two inputs of different shapes.
TWO = graph(
    convolution(),
    add(inputs=("y", "w")),
    inputs=("x", "w"),
    tensors=(tensor("w"),),
)
ZEROS = np.zeros((2, 2, 4, 4), np.int8)


def refusal(tmp_path: Path, network: Graph, inputs: Any, **options: Any) -> str:
    """Return the sentence, having seen that no file was written."""
    with pytest.raises(IsomacError) as caught:
        build(network, tmp_path / "some" / "bundle", inputs, **options)
    assert list(tmp_path.iterdir()) == []
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("network", "inputs", "message"),
    [
        (ONE, {"w": ZEROS}, "graph 'small' has inputs x, not w"),
        (ONE, {"x": ZEROS, "w": ZEROS}, "graph 'small' has inputs x, not x, w"),
        (ONE, {}, "graph 'small' has inputs x, not "),
        (TWO, ZEROS, "graph 'small' has inputs x, w; give them by name"),
        (TWO, {"x": ZEROS}, "graph 'small' has inputs x, w, not x"),
        (TWO, {"x": ZEROS, "w": ZEROS[:1]}, "all inputs must hold the same number of samples"),
        (ONE, ZEROS[:, :1], "inputs 'x' must have shape (N, 2, 4, 4), not (2, 1, 4, 4)"),
        (ONE, ZEROS[0], "inputs 'x' must have shape (N, 2, 4, 4), not (2, 4, 4)"),
        (ONE, ZEROS[:, :1].astype(float), "'x' must have shape (N, 2, 4, 4), not (2, 1, 4, 4)"),
        (ONE, np.int8(3), "inputs 'x' must have shape (N, 2, 4, 4), not ()"),
        (ONE, np.full((1, 2, 4, 4), np.nan), "input 'x' must hold numbers, not NaN"),
        (ONE, ZEROS[:0], "test vectors must hold at least one input"),
    ],
)
def test_inputs(tmp_path: Path, network: Graph, inputs: Any, message: str) -> None:
    assert message in refusal(tmp_path, network, inputs)


def test_real_inputs_are_quantized(tmp_path: Path) -> None:
    """A step of the input is 0.5, and 3 stands for 0."""
    real = np.linspace(-100, 100, 32).reshape(1, 2, 4, 4)
    made = build(ONE, tmp_path / "bundle", real, Constraints(channel_lanes=2))
    with np.load(made.path / "vectors.npz") as arrays:
        found = arrays["input"][0]
    steps = np.clip(np.round(real * 2) + 3, -128, 127).astype(np.int8)
    assert (found == steps[0].transpose(1, 2, 0).reshape(16, 2)).all()


def test_int8_inputs_are_taken_as_they_are(tmp_path: Path) -> None:
    made = build(ONE, tmp_path / "bundle", {"x": ZEROS + 7}, Constraints(channel_lanes=2))
    with np.load(made.path / "vectors.npz") as arrays:
        assert (arrays["input"] == 7).all()


def test_a_graph_that_breaks_a_rule(tmp_path: Path) -> None:
    broken = graph(convolution(), tensors=(tensor("y", (2, 3, 3)),))
    assert "output 'y' must have shape (2, 4, 4)" in refusal(tmp_path, broken, ZEROS)


def test_an_operation_that_the_hardware_lacks(tmp_path: Path) -> None:
    turned = graph(convolution(), RESHAPE, tensors=(tensor("z", (4, 2, 4)),))
    assert "which moves values" in refusal(tmp_path, turned, ZEROS)


def test_a_budget_that_is_too_small(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, ONE, ZEROS, constraints=Constraints(multipliers=3, tile=(2, 2)))
    assert "no array is within 3 multipliers" in sentence


def test_a_mode_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Mode must be one of fixed, programmable, not 'slow'"):
        build(ONE, tmp_path / "bundle", ZEROS, mode="slow")
    assert list(tmp_path.iterdir()) == []


def test_overlap_with_two_inputs(tmp_path: Path) -> None:
    inputs = {"x": ZEROS, "w": ZEROS}
    sentence = refusal(tmp_path, TWO, inputs, overlap_input=True)
    assert "only a network with one input can overlap" in sentence


def test_nothing_is_left_of_a_fault_while_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Verilog is there already when the graph cannot be saved."""

    def fail(network: Graph, path: Path) -> None:
        assert (path.parent / "accelerator.v").exists()
        raise RuntimeError("out of luck")

    monkeypatch.setattr(module, "save", fail)
    with pytest.raises(RuntimeError, match="out of luck"):
        build(ONE, tmp_path / "some" / "bundle", ZEROS)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("three years")
    with pytest.raises(IsomacError, match="mine holds other files"):
        build(ONE, tmp_path / "mine", ZEROS)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_file_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("three years")
    with pytest.raises(IsomacError, match="mine is a file"):
        build(ONE, tmp_path / "mine", ZEROS)
    assert (tmp_path / "mine").read_text() == "three years"
