"""The committed files of the Fashion-MNIST example belong together."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from isomac.frontend import load_calibration, load_model, quantize
from isomac.golden import evaluate, quantize_input
from isomac.graph.graph import Graph

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "fashion_cnn"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fashion_cnn_example", FOLDER / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def graph(example: ModuleType) -> Graph:
    return quantize(example.fashion_cnn(), example.calibration())


def right_answers(logits: torch.Tensor, labels: torch.Tensor) -> float:
    return float((logits.argmax(1) == labels).double().mean())


def test_the_weights_give_the_recorded_accuracy(example: ModuleType) -> None:
    recorded = json.loads((FOLDER / "training.json").read_text())
    images, labels = example.evaluation(), example.labels()
    assert len(images) == recorded["committed_images"] == 512
    with torch.no_grad():
        accuracy = right_answers(example.fashion_cnn()(images), labels)
    # Another processor may add in another order, and turn one answer at most.
    assert accuracy == pytest.approx(recorded["committed_accuracy"], abs=1 / 512)
    assert recorded["test_images"] == 10_000
    assert recorded["test_accuracy"] >= 0.9


def test_quantization_costs_less_than_one_percent(example: ModuleType, graph: Graph) -> None:
    images, labels = example.evaluation(), example.labels()
    integers = evaluate(graph, quantize_input(graph, images), keep=graph.outputs)
    with torch.no_grad():
        real = right_answers(example.fashion_cnn()(images), labels)
    assert right_answers(integers[graph.outputs[0]], labels) > real - 0.01


def test_the_quantized_input_is_the_pixel(example: ModuleType, graph: Graph) -> None:
    pixels = np.arange(256, dtype=np.uint8).repeat(49).reshape(16, 28, 28)
    integers = quantize_input(graph, example.preprocess(pixels))
    assert np.array_equal(integers[:, 0].numpy(), pixels.astype(np.int16) - 128)


def test_the_docstring_counts_right(example: ModuleType, graph: Graph) -> None:
    network = example.fashion_cnn()
    assert f"{sum(p.numel() for p in network.parameters()):,} parameters" in network.__doc__
    assert f"{graph.macs:,} multiply-accumulates" in network.__doc__


def test_the_command_line_finds_model_and_calibration(example: ModuleType) -> None:
    loaded = load_model(f"{FOLDER / 'model.py'}:fashion_cnn")
    assert loaded.name == "fashion_cnn"
    assert isinstance(loaded.model, torch.nn.Module)
    assert not loaded.model.training
    calibration = load_calibration(f"{FOLDER / 'model.py'}:calibration")
    assert calibration.shape == (256, 1, 28, 28)
    assert torch.equal(calibration, example.calibration())


def test_calibration_and_test_images_differ(example: ModuleType) -> None:
    calibration = {image.numpy().tobytes() for image in example.calibration()}
    images, labels = example.evaluation(), example.labels()
    assert calibration.isdisjoint({image.numpy().tobytes() for image in images})
    assert set(labels.tolist()) == set(range(len(example.CLASSES)))


def test_the_committed_arrays_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.npz")) < 500_000
