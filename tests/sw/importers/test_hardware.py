"""Imported networks in simulation: every byte of every layer, and every cycle."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isomac import build, cosimulate, import_model
from isomac.cli.vectors import random_inputs
from isomac.compile.shape import ArrayShape
from isomac.fuzz.shapes import FuzzShape
from isomac.graph.operators.softmax import Softmax

FIXTURES = Path(__file__).parent / "fixtures"
#: Networks of others, beside the checkout.
ROOT = Path(__file__).parents[3]
MODELS = Path(os.environ.get("ISOMAC_MODELS", ROOT.parent / "shared" / "models"))
NETWORKS = sorted(FIXTURES.glob("*/*.tflite")) + sorted(FIXTURES.glob("*/*.onnx"))

#: One accelerator for all networks, so that it is built once; with the other softmax, once more.
HARDWARE = FuzzShape(
    ArrayShape(tile_rows=1, tile_columns=3, channel_lanes=8, requant_lanes=4, banks=4),
    strides=(1, 2, 3),
    softmax_method="newton",
    activation_bytes=1 << 17,
    weight_bytes=1 << 17,
)
COUNT = 3


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_fixture(path: Path, tmp_path: Path) -> None:
    graph = import_model(path).graph
    divides = any(isinstance(operation, Softmax) for operation in graph.operations)
    hardware = replace(HARDWARE, softmax_method="division") if divides else HARDWARE
    build(graph, tmp_path / "bundle", random_inputs(graph, COUNT), hardware=hardware.parameters)
    report = cosimulate(tmp_path / "bundle")
    assert report.bit_exact
    assert report.cycles_exact
    assert report.inputs == COUNT


@pytest.mark.parametrize("name", ["ad01_int8", "vww_96_int8"])
def test_a_network_of_others(name: str, tmp_path: Path) -> None:
    path = MODELS / f"{name}.tflite"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the checkout")
    graph = import_model(path).graph
    inputs = random_inputs(graph, 8)
    assert all(len(np.unique(values)) > 200 for values in inputs.values())
    build(graph, tmp_path / "bundle", inputs)
    report = cosimulate(tmp_path / "bundle")
    assert report.bit_exact
    assert report.cycles_exact
    assert report.inputs == 8
