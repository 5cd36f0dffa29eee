"""Calibration data: real inputs from which the ranges of all values are learned."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from isomac.errors import IsomacError
from isomac.frontend.python_file import call_from_file, is_python_spec

#: Which array of a .npz file is meant, if it holds several.
_KEYS = ("inputs", "input", "images", "image", "calibration", "x", "X", "data")

Batch = torch.Tensor | npt.NDArray[Any]


def load_calibration(spec: str) -> torch.Tensor:
    """Return calibration data, float32 (N, ...).

    Parameters
    ----------
    spec
        `file.npy`; `file.npz` with one array, or with one named `inputs`, `images` or the like; or
        `file.py:callable`, where the callable returns an array or a tensor.

    Raises
    ------
    IsomacError
        If there is no such file, or what is in it is not an array of numbers.
    """
    array, what = _load_array(spec, "calibration data")
    return to_batch(array, what)


def load_test_data(spec: str) -> torch.Tensor:
    """Return inputs of a network (N, ...): float32, or int8 as it enters the hardware.

    Parameters
    ----------
    spec
        See `load_calibration`.

    Raises
    ------
    IsomacError
        If there is no such file, or what is in it is not an array of numbers.
    """
    array, what = _load_array(spec, "test data")
    if isinstance(array, torch.Tensor) and array.dtype == torch.int8:
        array = array.detach().cpu().numpy()
    if not isinstance(array, np.ndarray) or array.dtype != np.int8:
        return to_batch(array, what)
    if array.ndim < 2 or len(array) == 0:
        raise IsomacError(
            f"{what} must hold at least one sample, with shape (N, ...), not {array.shape}"
        )
    return torch.from_numpy(np.ascontiguousarray(array).copy())


def _load_array(spec: str, what: str) -> tuple[object, str]:
    """Return what a file or a callable gives, and how messages call it."""
    if is_python_spec(spec):
        return call_from_file(spec, what), f"what {spec} returns"
    path = Path(spec)
    if path.suffix not in (".npy", ".npz"):
        raise IsomacError(f"{what} must be a .npy or .npz file or file.py:callable, not {spec!r}")
    if not path.is_file():
        raise IsomacError(f"there is no file {spec}")
    try:
        content = np.load(path, allow_pickle=False)
        return (content if path.suffix == ".npy" else _member(content, spec)), spec
    except IsomacError:
        raise
    except Exception as error:  # NumPy raises many kinds for a damaged file
        raise IsomacError(f"{spec} is not a NumPy file: {error}") from error


def to_batch(data: object, what: str) -> torch.Tensor:
    """Return `data` as float32 (N, ...), N at least 1, all values finite.

    float16 and float64 are converted; integers and others are not, since it is not known how the
    network wants them scaled.

    Parameters
    ----------
    data
        A NumPy array or a tensor.
    what
        What messages call it.

    Raises
    ------
    IsomacError
        If it is anything else.
    """
    if isinstance(data, np.ndarray) and data.dtype.kind in "fiubc":
        data = torch.from_numpy(np.ascontiguousarray(data).copy())
    if not isinstance(data, torch.Tensor):
        kind = f"an array of {data.dtype}" if isinstance(data, np.ndarray) else type(data).__name__
        raise IsomacError(f"{what} must be an array or a tensor of float32, not {kind}")
    if not data.is_floating_point():
        raise IsomacError(
            f"{what} must be float32, not {str(data.dtype).removeprefix('torch.')}; scale it as for"
            f" the network"
        )
    batch = data.detach().to("cpu", torch.float32)
    if batch.ndim < 2 or len(batch) == 0:
        raise IsomacError(
            f"{what} must hold at least one sample, with shape (N, ...), not {tuple(batch.shape)}"
        )
    finite = torch.isfinite(batch)
    if not bool(finite.all()):
        index = tuple(int(i) for i in torch.nonzero(~finite)[0])
        raise IsomacError(f"{what} must be finite, but [{_listed(index)}] is {float(batch[index])}")
    return batch


def check_calibration(batch: torch.Tensor, expected: tuple[int, ...], network: str) -> None:
    """Require calibration data of the right shape that is not one and the same number throughout.

    Parameters
    ----------
    batch
        float32 (N, ...).
    expected
        What the network reads, without the batch.

    Raises
    ------
    IsomacError
        Otherwise.
    """
    if tuple(batch.shape[1:]) != tuple(expected):
        raise IsomacError(
            f"{network} reads inputs of shape (N, {_listed(expected)}), the calibration data has"
            f" shape ({_listed(batch.shape)})"
        )
    first = batch.flatten()[0]
    if bool((batch == first).all()):
        raise IsomacError(
            f"calibration data must show the range of real inputs, but all of it is"
            f" {float(first):g}"
        )


def _member(archive: Any, spec: str) -> npt.NDArray[Any]:
    names = list(archive.files)
    if len(names) == 1:
        array: npt.NDArray[Any] = archive[names[0]]
        return array
    for key in _KEYS:
        if key in names:
            array = archive[key]
            return array
    raise IsomacError(
        f"{spec} must hold one array, or one named {' or '.join(_KEYS[:3])}; it holds"
        f" {', '.join(names) or 'none'}"
    )


def _listed(sizes: Any) -> str:
    return ", ".join(str(int(size)) for size in sizes)
