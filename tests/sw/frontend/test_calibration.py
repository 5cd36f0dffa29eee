"""Where calibration data comes from, and what is wrong with it."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from isomac.errors import IsomacError
from isomac.frontend import load_calibration, quantize
from tests.sw.frontend.support import convolution, images

ARRAY = np.random.default_rng(0).standard_normal((6, 3, 8, 8)).astype(np.float32)


def test_npy(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", ARRAY)
    loaded = load_calibration(str(tmp_path / "data.npy"))
    assert loaded.dtype == torch.float32
    assert np.array_equal(loaded.numpy(), ARRAY)


@pytest.mark.parametrize("members", [{"anything": ARRAY}, {"labels": ARRAY[:1], "images": ARRAY}])
def test_npz(tmp_path: Path, members: dict[str, Any]) -> None:
    np.savez(tmp_path / "data.npz", **members)
    assert np.array_equal(load_calibration(str(tmp_path / "data.npz")).numpy(), ARRAY)


@pytest.mark.parametrize("kind", ["float64", "float16"])
def test_other_floating_types_are_converted(tmp_path: Path, kind: str) -> None:
    np.save(tmp_path / "data.npy", ARRAY.astype(kind))
    loaded = load_calibration(str(tmp_path / "data.npy"))
    assert loaded.dtype == torch.float32
    np.testing.assert_allclose(loaded.numpy(), ARRAY, rtol=1e-3, atol=1e-3)


def test_python_file(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("COUNT = 5\n")
    (tmp_path / "data.py").write_text(
        "import torch\nfrom helper import COUNT\n\n"
        "def samples():\n    return torch.ones(COUNT, 2)\n"
    )
    assert load_calibration(f"{tmp_path}/data.py:samples").shape == (5, 2)


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    def refused(name: str, sentence: str) -> None:
        with pytest.raises(IsomacError, match=re.escape(sentence)):
            load_calibration(str(tmp_path / name))

    refused("missing.npy", f"there is no file {tmp_path}/missing.npy")
    refused("data.csv", "calibration data must be a .npy or .npz file or file.py:callable")
    (tmp_path / "text.npy").write_text("no array")
    refused("text.npy", "is not a NumPy file")
    np.save(tmp_path / "object.npy", np.array([{}, []], object), allow_pickle=True)
    refused("object.npy", "is not a NumPy file: Object arrays cannot be loaded")
    np.savez(tmp_path / "two.npz", a=ARRAY, b=ARRAY)
    refused("two.npz", "must hold one array, or one named inputs or input or images; it holds a, b")
    np.save(tmp_path / "bytes.npy", np.zeros((4, 3, 8, 8), np.uint8))
    refused("bytes.npy", "must be float32, not uint8")
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    refused("words.npy", "must be an array or a tensor of float32, not an array of <U1")
    (tmp_path / "data.py").write_text("def nothing():\n    return None\n")
    refused("data.py:nothing", "must be an array or a tensor of float32, not NoneType")


def _with(value: float) -> torch.Tensor:
    data = images(4, 3, 8, 8)
    data[2, 1, 3, 4] = value
    return data


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            images(4, 1, 8, 8),
            "reads inputs of shape (N, 3, 8, 8), the calibration data has shape (4, 1, 8, 8)",
        ),
        (
            images(4, 3, 8, 8)[0],
            "reads inputs of shape (N, 3, 8, 8), the calibration data has shape (3, 8, 8)",
        ),
        (images(4, 3, 8, 8)[:0], "must hold at least one sample"),
        (images(4, 3, 8, 8).to(torch.int32), "must be float32, not int32"),
        (_with(float("nan")), "must be finite, but [2, 1, 3, 4] is nan"),
        (_with(float("-inf")), "must be finite, but [2, 1, 3, 4] is -inf"),
        (torch.zeros(4, 3, 8, 8), "must show the range of real inputs, but all of it is 0"),
        (torch.full((4, 3, 8, 8), 0.5), "must show the range of real inputs, but all of it is 0.5"),
        ([1, 2], "must be an array or a tensor of float32, not list"),
    ],
)
def test_data_that_cannot_be_used(data: Any, sentence: str) -> None:
    with pytest.raises(IsomacError, match=re.escape(sentence)):
        quantize(convolution(3, 8), data, example=images(1, 3, 8, 8))


def test_the_shape_of_a_sample_of_the_model_is_the_measure() -> None:
    with pytest.raises(IsomacError, match="to have 3 channels, but got 1 channels"):
        quantize(convolution(3, 8), images(4, 1, 8, 8))
