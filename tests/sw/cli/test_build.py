"""`isomac build` from each kind of model, with each option."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from isomac.cli import main

BUILD = ["build", "net.py:network", "--data", "net.py:images", "--multipliers", "8"]
SHAPE = ["--pixels", "2x1", "--channels", "4", "--requant-lanes", "2", "--banks", "2"]


def manifest(bundle: Path) -> dict[str, Any]:
    content = json.loads((bundle / "manifest.json").read_text())
    assert isinstance(content, dict)
    return content


def test_a_bundle_is_built_and_proved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*BUILD, "-o", "out/bundle"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "network: the accelerator" in captured.out
    content = manifest(folder / "out" / "bundle")
    assert f" in {content['predicted_cycles']:,} cycles: " in captured.out
    assert "fake-quantized network on 8 test inputs" in captured.out
    assert captured.out.endswith("The bundle is in out/bundle.\n")
    assert content["network"]["name"] == "network"
    assert content["mode"] == "fixed"
    assert content["multipliers"] <= 8
    assert main(["cosim", "out/bundle"]) == 0


def test_options_reach_the_accelerator(folder: Path) -> None:
    assert main([*BUILD, *SHAPE, "--mode", "programmable", "-o", "bundle"]) == 0
    content = manifest(folder / "bundle")
    parameters = content["parameters"]
    names = ("tile_rows", "tile_columns", "channel_lanes", "requant_lanes", "banks")
    assert [parameters[name] for name in names] == [2, 1, 4, 2, 2]
    assert content["mode"] == "programmable"


def test_pixels_may_be_a_number(folder: Path) -> None:
    assert main([*BUILD, "--pixels", "3", "--channels", "1", "-o", "bundle"]) == 0
    parameters = manifest(folder / "bundle")["parameters"]
    assert (parameters["tile_rows"], parameters["tile_columns"]) == (1, 3)


def test_multiplier_bits(folder: Path) -> None:
    assert main([*BUILD, "--multiplier-bits", "12", "-o", "bundle"]) == 0
    assert manifest(folder / "bundle")["parameters"]["multiplier_bits"] <= 12


def test_the_same_input_gives_the_same_bytes(folder: Path) -> None:
    assert main([*BUILD, "-o", "first"]) == 0
    assert main([*BUILD, "-o", "second"]) == 0
    files = sorted(path.name for path in (folder / "first").iterdir())
    assert "accelerator.v" in files
    for name in files:
        assert (folder / "first" / name).read_bytes() == (folder / "second" / name).read_bytes()


def test_an_older_bundle_is_replaced(folder: Path) -> None:
    assert main([*BUILD, "--vectors", "1", "-o", "bundle"]) == 0
    assert main([*BUILD, "--vectors", "2", "-o", "bundle"]) == 0
    assert len(np.load(folder / "bundle" / "vectors.npz")["input"]) == 2
    assert sorted(path.name for path in folder.iterdir() if path.name != "__pycache__") == [
        "bundle",
        "net.py",
    ]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ([], 8),
        (["--vectors", "3"], 3),
        (["--test-data", "net.py:few"], 5),
        (["--test-data", "net.py:few", "--vectors", "2"], 2),
    ],
)
def test_vectors(folder: Path, options: list[str], count: int) -> None:
    assert main([*BUILD, *options, "-o", "bundle"]) == 0
    with np.load(folder / "bundle" / "vectors.npz") as vectors:
        assert len(vectors["input"]) == len(vectors["output"]) == count


def test_an_integer_graph_gives_the_same_accelerator(folder: Path) -> None:
    assert main([*BUILD, "-o", "bundle"]) == 0
    assert main(["build", "bundle/graph.isomac", "--multipliers", "8", "-o", "again"]) == 0
    first, second = manifest(folder / "bundle"), manifest(folder / "again")
    assert first["parameters"] == second["parameters"]
    assert first["network"] == second["network"]
    with np.load(folder / "again" / "vectors.npz") as vectors:
        assert len(vectors["input"]) == 64
        assert set(np.unique(vectors["input"])) == set(range(-128, 128))


def test_an_exported_program(folder: Path) -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(2, 4, 3), torch.nn.ReLU())
    torch.export.save(torch.export.export(network, (torch.rand(1, 2, 4, 4),)), "net.pt2")
    np.save("images.npy", np.random.default_rng(1).random((6, 2, 4, 4), np.float32))
    assert main(["build", "net.pt2", "--data", "images.npy", "-o", "bundle"]) == 0
    assert manifest(folder / "bundle")["network"]["name"] == "net"


def test_another_network_on_the_same_hardware(folder: Path) -> None:
    assert main([*BUILD, "--mode", "programmable", "-o", "first"]) == 0
    smaller = ["build", "net.py:smaller", "--data", "net.py:images", "--hardware", "first"]
    assert main([*smaller, "-o", "second"]) == 0
    first, second = manifest(folder / "first"), manifest(folder / "second")
    assert first["parameters"] == second["parameters"]
    assert first["network"] != second["network"]
    assert main(["cosim", "second", "-n", "2", "--load", "port"]) == 0
