"""The case of a bundle: everything comes back out of it, and nothing that does not belong."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from isomac.bundle.build import build
from isomac.bundle.folder import sha256
from isomac.cli.vectors import random_inputs
from isomac.compile.search import Constraints
from isomac.errors import IsomacError
from isomac.golden.evaluate import evaluate
from isomac.importers import import_model
from isomac.referees.case import read_case
from isomac_cosim.errors import CosimError
from tests.sw.referees.cases import FIXTURES
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import add

MODEL = FIXTURES / "tflite" / "borders_uint8.tflite"
#: Two inputs, one of which has more channels than a word.
NETWORK = graph(
    convolution(weight=np.ones((2, 5, 3, 3), np.int8)),
    add(inputs=("y", "w")),
    tensors=(tensor("x", (5, 4, 4)), tensor("w")),
    inputs=("x", "w"),
)


@pytest.fixture(scope="module")
def imported_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that came from a TFLite file; tests copy it."""
    imported = import_model(MODEL)
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    inputs = random_inputs(imported.graph, 3)
    build(imported.graph, folder, inputs, Constraints(multipliers=8), imported=imported)
    return folder


@pytest.fixture
def copy(imported_bundle: Path, tmp_path: Path) -> Path:
    """A bundle to damage."""
    return Path(shutil.copytree(imported_bundle, tmp_path / "copy"))


def rehash(folder: Path, **changes: object) -> None:
    """Change entries of the manifest, and let it agree with the files again."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest.update(changes)
    manifest["files"] = {name: sha256(folder / name) for name in manifest["files"]}
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("lanes", [1, 2, 3, 8])
def test_inputs_and_tensors_come_back(tmp_path: Path, lanes: int) -> None:
    inputs = random_inputs(NETWORK, 3)
    constraints = Constraints(multipliers=lanes, tile=(1, 1), channel_lanes=lanes)
    build(NETWORK, tmp_path / "bundle", inputs, constraints)
    case = read_case(tmp_path / "bundle")
    assert case.graph == NETWORK
    assert case.imported is None
    expected = evaluate(NETWORK, inputs)
    assert set(case.tensors) == set(expected)
    for name, value in expected.items():
        assert np.array_equal(case.tensors[name], value.numpy())


def test_the_first_inputs_alone(imported_bundle: Path) -> None:
    everything, first = read_case(imported_bundle), read_case(imported_bundle, 2)
    for name, value in first.tensors.items():
        assert len(value) == 2
        assert np.array_equal(value, everything.tensors[name][:2])
    with pytest.raises(IsomacError, match=r"4 inputs were asked for, but .* holds 3"):
        read_case(imported_bundle, 4)


def test_the_model_file_comes_along(imported_bundle: Path) -> None:
    assert (imported_bundle / "model.tflite").read_bytes() == MODEL.read_bytes()
    manifest = json.loads((imported_bundle / "manifest.json").read_text())
    expected = {"file": "model.tflite", "format": "TFLite", "kernels": "litert"}
    assert manifest["model"] == expected
    assert manifest["files"]["model.tflite"] == sha256(MODEL)
    case = read_case(imported_bundle)
    assert case.imported is not None
    assert case.imported.graph == case.graph == import_model(MODEL).graph
    assert case.name == str(imported_bundle)


def test_another_model_file_is_refused(copy: Path) -> None:
    shutil.copy(FIXTURES / "tflite" / "borders_float.tflite", copy / "model.tflite")
    rehash(copy)
    with pytest.raises(IsomacError, match=r"model.tflite gives another network than graph.isomac"):
        read_case(copy)


def test_a_damaged_file_is_refused(copy: Path) -> None:
    path = copy / "model.tflite"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CosimError, match=r"model.tflite is damaged"):
        read_case(copy)


def test_vectors_of_something_else_are_refused(copy: Path) -> None:
    path = copy / "vectors.npz"
    with np.load(path) as archive:
        arrays = dict(archive)
    name = next(name for name in sorted(arrays) if name.startswith("layer_"))
    arrays[name].flat[0] ^= 1
    np.savez(path, **arrays)
    rehash(copy)
    with pytest.raises(IsomacError, match=r"the vectors of .* are not those of its graph.isomac"):
        read_case(copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"file": "other.onnx"}}, "has no SHA-256 of other.onnx"),
        ({"model": {"name": "model.tflite"}}, "'model.file' is missing"),
        ({"model": 3}, "model must be an object"),
        ({"input": {"words": 64, "tensors": []}}, "the inputs of .* are not those"),
        ({"input": {"words": 64, "tensors": [3]}}, "must be an object"),
    ],
)
def test_a_damaged_manifest_is_refused(
    copy: Path, changes: dict[str, object], message: str
) -> None:
    words = json.loads((copy / "manifest.json").read_text())["input"]["words"]
    if "input" in changes:
        entry = changes["input"]
        assert isinstance(entry, dict)
        changes = {"input": {**entry, "words": words}}
    rehash(copy, **changes)
    with pytest.raises(IsomacError, match=message):
        read_case(copy)


def test_an_older_bundle_without_a_model_can_be_judged(copy: Path) -> None:
    path = copy / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["model"]
    for layer in manifest["layers"]:
        del layer["tensor"]
    path.write_text(json.dumps(manifest))
    assert read_case(copy).imported is None


def test_a_bundle_without_a_graph_is_refused(copy: Path) -> None:
    (copy / "graph.isomac").unlink()
    path = copy / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["files"]["graph.isomac"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(IsomacError, match=r"has no graph.isomac, which a referee needs"):
        read_case(copy)
