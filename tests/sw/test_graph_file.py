"""The `.isomac` file: round trip, the format on disk, the same bytes each time."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from isomac.errors import IsomacError
from isomac.fuzz.generator.graphs import random_graph
from isomac.graph.file import load, save
from isomac.graph.npy import decode_array
from tests.sw.graph_files import members_of
from tests.sw.small_graphs import convolution, graph


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "graph.isomac"
    save(graph(convolution(source="model.py:12")), path)
    return path


@pytest.mark.parametrize("seed", range(60))
def test_a_graph_comes_back(seed: int, tmp_path: Path) -> None:
    original = random_graph(np.random.default_rng(seed))
    save(original, tmp_path / "a")
    restored = load(tmp_path / "a")
    assert restored == original
    assert [type(o) for o in restored.operations] == [type(o) for o in original.operations]
    save(restored, str(tmp_path / "b"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_source_comes_back(saved: Path) -> None:
    assert load(saved).operations[0].source == "model.py:12"


def test_the_format_on_disk(saved: Path) -> None:
    members = members_of(saved)
    assert list(members) == ["graph.json", *(f"arrays/{n}.npy" for n in range(4))]
    document = json.loads(members["graph.json"])
    assert document["format"] == 2
    assert document["sha256"] == load(saved).sha256
    assert document["tensors"][0] == {
        "name": "x",
        "shape": [2, 4, 4],
        "scale": 0.5,
        "zero_point": 3,
    }
    operation = document["operations"][0]
    assert operation["operator"] == "Convolution"
    assert operation["fields"]["weight"] == {"array": 0}
    assert operation["fields"]["padding"] == [1, 1, 1, 1]


def test_arrays_are_what_numpy_reads_and_writes(saved: Path) -> None:
    operation = convolution()
    arrays: list[npt.NDArray[Any]] = [
        operation.weight,
        operation.bias,
        operation.multiplier,
        operation.shift,
    ]
    for number, array in enumerate(arrays):
        data = members_of(saved)[f"arrays/{number}.npy"]
        loaded = np.load(io.BytesIO(data), allow_pickle=False)
        assert loaded.dtype == array.dtype
        np.testing.assert_array_equal(loaded, array)
        written = io.BytesIO()
        np.save(written, array)
        np.testing.assert_array_equal(decode_array(written.getvalue(), "it"), array)


def test_the_bytes_are_always_the_same(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.create_system == 3
    digest = hashlib.sha256(saved.read_bytes()).hexdigest()
    assert digest == "3d57d53e2e6614a745d5c97db3b423b9010225db1c57124ebf8b7be636131bff"


def test_a_graph_that_breaks_a_rule_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(IsomacError, match="has no output"):
        save(graph(convolution(), outputs=()), tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(IsomacError, match=r"cannot read '.*none': No such file"):
        load(tmp_path / "none")
    with pytest.raises(IsomacError, match=r"cannot read .*: Is a directory"):
        load(tmp_path)
    with pytest.raises(IsomacError, match=r"cannot write .*: No such file"):
        save(graph(convolution()), tmp_path / "none" / "a")
