"""The manifest, field by field as ARCHITECTURE.md states it."""

import json
from importlib.metadata import version
from typing import Any

import pytest

from isomac.bundle.build import Bundle
from isomac.bundle.folder import sha256
from isomac.bundle.manifest import storage
from isomac.compile.layout import Layout
from isomac.compile.work import View
from isomac_hw.parameters import AcceleratorParameters
from tests.sw.bundle.small import NETWORK


@pytest.fixture
def manifest(bundle: Bundle) -> dict[str, Any]:
    """The manifest as JSON gives it."""
    data: dict[str, Any] = json.loads((bundle.path / "manifest.json").read_text())
    return data


def test_fields(manifest: dict[str, Any]) -> None:
    names = (
        "format generator network model mode interface top verilog word_bytes multipliers macs "
        "predicted_cycles parameters reasons memories input output layers files"
    )
    assert set(manifest) == set(names.split())
    layer = {"name", "operation", "source", "macs", "predicted_cycles", "tensor", "storage"}
    assert all(set(entry) == layer for entry in manifest["layers"])
    memory = {"name", "file", "width", "depth", "used", "load_index"}
    assert all(set(entry) == memory for entry in manifest["memories"])
    for name in ("input", "output"):
        assert set(manifest[name]) == {"words", "tensors"}


def test_what_it_is_of(manifest: dict[str, Any], bundle: Bundle) -> None:
    program = bundle.program
    assert manifest["format"] == 1
    assert manifest["generator"] == f"isomac {version('isomac')}"
    assert manifest["network"] == {"name": "réseau", "sha256": NETWORK.sha256}
    assert (manifest["mode"], manifest["top"]) == ("fixed", "accelerator")
    assert manifest["verilog"] == "accelerator.v"
    assert (manifest["word_bytes"], manifest["multipliers"]) == (3, 6)
    assert manifest["macs"] == NETWORK.macs
    assert manifest["predicted_cycles"] == program.predicted_cycles
    assert AcceleratorParameters.from_dict(manifest["parameters"]) == program.parameters
    assert manifest["reasons"] == {name: list(text) for name, text in bundle.reasons.items()}


def test_every_other_file_is_listed(manifest: dict[str, Any], bundle: Bundle) -> None:
    others = [path for path in bundle.path.iterdir() if path.name != "manifest.json"]
    assert manifest["files"] == {path.name: sha256(path) for path in others}
    assert list(manifest["files"]) == sorted(manifest["files"])


def test_memories(manifest: dict[str, Any], bundle: Bundle) -> None:
    p, images = bundle.program.parameters, bundle.program.images
    assert p.softmax is not None
    expected = [
        ("program", p.job_layout.width, p.program_depth, len(images.program)),
        ("weights", 24, p.weight_depth, len(images.weights)),
        ("requant", p.requant_row_bits, p.requant_depth, len(images.requant)),
        ("table", p.softmax.table_bits, 256, 256),
    ]
    assert manifest["memories"] == [
        {
            "name": name,
            "file": f"{name}.hex",
            "width": width,
            "depth": depth,
            "used": used,
            "load_index": index,
        }
        for index, (name, width, depth, used) in enumerate(expected)
    ]


def test_layers(manifest: dict[str, Any], bundle: Bundle) -> None:
    layers = manifest["layers"]
    assert [(entry["name"], entry["operation"], entry["source"]) for entry in layers] == [
        ("input", "input", ""),
        ("convolution", "convolution", "net.py:12"),
        ("add", "add", ""),
        ("softmax", "softmax", ""),
        ("output", "output", ""),
    ]
    assert [entry["macs"] for entry in layers] == [0, manifest["macs"], 0, 0, 0]
    cycles = [entry["predicted_cycles"] for entry in layers]
    assert cycles == [layer.predicted_cycles for layer in bundle.program.layers]
    assert sum(cycles) == manifest["predicted_cycles"]
    assert layers[0]["storage"] is None
    assert layers[-1]["storage"] is None
    for entry, name in zip(layers[1:-1], ("y", "z", "s"), strict=True):
        assert entry["storage"] == {
            "base": bundle.program.plan.base[name],
            "planes": 1,
            "height": 4,
            "width": 4,
            "shape": [2, 4, 4],
            "channels": [0, 1],
        }


def test_streams(manifest: dict[str, Any], bundle: Bundle) -> None:
    # Two of three bytes of a memory word: 32 bytes come in 11 words.
    assert manifest["input"]["words"] == bundle.program.input_words == 11
    assert manifest["output"]["words"] == bundle.program.output_words == 32
    for stream, names in (("input", ("x",)), ("output", ("s", "y"))):
        tensors = manifest[stream]["tensors"]
        assert [entry.pop("name") for entry in tensors] == list(names)
        for entry, name in zip(tensors, names, strict=True):
            tensor = NETWORK.tensor(name)
            assert entry.pop("scale") == tensor.scale
            assert entry.pop("zero_point") == tensor.zero_point
            assert entry.pop("shape_in_model") == [2, 4, 4]
            assert entry["base"] == bundle.program.plan.base[name]
            assert entry["channels"] == [0, 1]
            assert set(entry) == {"base", "planes", "height", "width", "shape", "channels"}


def test_storage_of_gaps() -> None:
    """Channels with their slots; a flattened map still has its height and width."""
    view = View("buffer", 2, Layout(4, 3, 5, (1, 2, 9)))
    assert storage(view, 70) == {
        "base": 70,
        "planes": 3,
        "height": 3,
        "width": 5,
        "shape": [3, 3, 5],
        "channels": [1, 2, 9],
    }
