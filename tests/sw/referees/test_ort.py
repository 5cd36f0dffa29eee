"""ONNX Runtime as a referee of a bundle."""

from pathlib import Path

import pytest

from isomac.bundle.build import build
from isomac.cli.vectors import random_inputs
from isomac.compile.search import Constraints
from isomac.importers import import_model
from isomac.referees.case import read_case
from isomac.referees.ort import ort
from tests.sw.referees.cases import FIXTURES, file_case, with_fault

onnx = pytest.importorskip("onnx")

MODEL = FIXTURES / "onnx" / "pt2e_isomac.onnx"


def test_it_differs_in_little() -> None:
    case = file_case(MODEL, 8)
    found = ort(case)
    assert found.values > 10_000
    assert found.share < 0.001
    assert found.largest <= 2
    (name,) = case.graph.outputs
    assert ort(with_fault(case, name, 100)).largest >= 98


def test_a_model_in_several_files_is_one_file_in_the_bundle(tmp_path: Path) -> None:
    path = tmp_path / "parts" / "net.onnx"
    path.parent.mkdir()
    onnx.save_model(
        onnx.load(MODEL),
        path,
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    imported = import_model(path)
    folder = tmp_path / "bundle"
    inputs = random_inputs(imported.graph, 2)
    build(imported.graph, folder, inputs, Constraints(multipliers=32), imported=imported)
    assert (folder / "model.onnx").stat().st_size > path.stat().st_size
    path.unlink()
    (path.parent / "weights.bin").unlink()
    case = read_case(folder)
    assert case.imported is not None
    assert case.imported.graph == imported.graph
    assert ort(case).share < 0.001
