"""Whole networks: every tensor of the golden model equals TFLite's reference kernels."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert")

from isomac.golden import evaluate
from tests.sw.importers.tflite.reference import (
    Values,
    differences_on,
    load,
    random_inputs,
    reference_tensors,
)

ROOT = Path(__file__).resolve().parents[4]
FIXTURES = ROOT / "tests/sw/importers/fixtures/tflite"
#: Networks that others have trained lie beside the checkout, or where this variable says.
MODELS = Path(os.environ.get("ISOMAC_MODELS", ROOT.parent / "shared" / "models"))

NETWORKS = sorted(path.stem for path in FIXTURES.glob("*.tflite"))


def fixture_inputs(name: str) -> Values:
    """The images of a fixture's test set, in the shape and the type of the file, as int8."""
    data = "digits" if name.startswith("borders") else name.split("_")[1]
    values: Values = np.load(FIXTURES / f"{data}_inputs.npy")
    return values


@pytest.mark.parametrize("name", NETWORKS)
def test_fixture(name: str) -> None:
    """Real images, and random ones, which reach what real ones do not."""
    path = FIXTURES / f"{name}.tflite"
    imported = load(path)
    (entry,) = imported.graph.inputs
    shape = imported.graph.tensor(entry).shape
    images = fixture_inputs(name)
    place = imported.places[entry]
    if place.kind == "UINT8":
        images = (images.astype(np.int16) + 128).astype(np.uint8)
    real = place.to_graph(images, shape)
    inputs = np.concatenate([real, random_inputs(imported, 32)[entry]])
    differing = differences_on(path, imported, {entry: inputs})
    assert len(differing) == len(imported.graph.tensors)
    assert not any(differing.values())


def test_no_tensor_is_compared_in_vain() -> None:
    """Every tensor has values that differ, and the comparison has its shape."""
    path = FIXTURES / "residual_digits.tflite"
    imported = load(path)
    inputs = random_inputs(imported, 4)
    expected = reference_tensors(path, imported, inputs)
    actual = evaluate(imported.graph, inputs)
    for name, values in expected.items():
        assert values.shape == tuple(actual[name].shape)
        assert values.dtype == np.int8
        assert len(np.unique(values)) > 1, name


@pytest.mark.parametrize(("name", "chunk"), [("ad01_int8", 256), ("vww_96_int8", 64)])
def test_a_network_of_others(name: str, chunk: int) -> None:
    path = MODELS / f"{name}.tflite"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the checkout")
    imported = load(path)
    inputs = random_inputs(imported, 256)
    (entry,) = imported.graph.inputs
    for start in range(0, 256, chunk):
        part = {entry: inputs[entry][start : start + chunk]}
        assert not any(differences_on(path, imported, part).values())
