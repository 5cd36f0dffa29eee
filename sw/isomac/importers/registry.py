"""Which function reads which kind of model file, and what each of them returns."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy.typing as npt

from isomac.errors import IsomacError
from isomac.graph.graph import Graph

#: Largest model file that is read: reading takes several times the memory of the file.
FILE_MAX = 1 << 26


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A model file of acceptable size.

    Members
    -------
    path
        Where it is; files that belong to it lie in the same folder.
    data
        What it holds.
    kernels
        Whose results the graph has, where implementations of the format differ: one of those that
        the importer declares.
    """

    path: Path
    data: bytes
    kernels: str = ""

    @property
    def stem(self) -> str:
        """The name without folder and suffix, fit for a graph."""
        return "".join(c if c.isprintable() else "_" for c in self.path.stem)[:200] or "network"

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the content."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, eq=False)
class Imported:
    """A network that was read from a model file.

    Members
    -------
    graph
        The integer graph, verified.
    format
        What people call the kind of file, such as "ONNX".
    file
        Where the graph came from.
    channels_last
        Whether the model takes and gives maps as (H, W, C). The graph itself has (C, H, W).
    origins
        For tensors of the graph that the file has too: what the file calls them.
    remarks
        Sentences about what the reader should know, such as what was approximated.
    outside
        For inputs and outputs of the graph: their type in the file, such as "float32".
    embedded
        The content of the file with all that it keeps in other files put into it, where it does so.
    """

    graph: Graph
    format: str
    file: ModelFile
    channels_last: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    outside: Mapping[str, str] = field(default_factory=dict)
    embedded: bytes | None = None

    def arrange(self, name: str, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return samples (N, ...) of an input, laid out as in the file, as the graph has them."""
        if self.channels_last and samples.ndim == 4:
            return samples.transpose(0, 3, 1, 2)
        return samples


Importer = Callable[[ModelFile], Imported]


@dataclass(frozen=True)
class _Entry:
    importer: Importer
    kernels: tuple[str, ...]


#: The importer of each suffix, filled as the modules of the package are imported.
_REGISTRY: dict[str, _Entry] = {}


def imports(*names: str, kernels: tuple[str, ...] = ("",)) -> Callable[[Importer], Importer]:
    """Return a decorator that makes a function the importer of files with these suffixes.

    Parameters
    ----------
    names
        Suffixes in lower case, such as ".onnx".
    kernels
        Names of the implementations whose results a graph can have, the usual one first.
    """

    def register(importer: Importer) -> Importer:
        for suffix in names:
            if suffix in _REGISTRY:
                raise TypeError(f"there are two importers of {suffix}")
            _REGISTRY[suffix] = _Entry(importer, kernels)
        return importer

    return register


def suffixes() -> list[str]:
    """Return the suffixes of all files that can be imported, sorted."""
    return sorted(_REGISTRY)


def is_importable(path: str | Path) -> bool:
    """Return whether there is an importer for the suffix of `path`."""
    return Path(path).suffix.lower() in _REGISTRY


def kernels_of(path: str | Path) -> tuple[str, ...]:
    """Return the implementations that a file of this suffix leaves a choice of."""
    entry = _REGISTRY.get(Path(path).suffix.lower())
    return () if entry is None else tuple(name for name in entry.kernels if name)


def import_model(path: str | Path, *, kernels: str | None = None) -> Imported:
    """Return the network in a model file, as an integer graph.

    Parameters
    ----------
    path
        The file; its suffix says of what kind it is.
    kernels
        Whose results the graph has, where implementations of the format differ: for TFLite "litert"
        (LiteRT's reference kernels, the default) or "tflm" (TFLite Micro).

    Raises
    ------
    IsomacError
        If the file cannot be read, is of another kind or is damaged, or the network in it is not
        quantized or not supported.
    """
    path = Path(path)
    entry = _REGISTRY.get(path.suffix.lower())
    if entry is None:
        raise IsomacError(f"a model file must end in {' or '.join(suffixes())}, not {path.name!r}")
    if kernels is not None and kernels not in entry.kernels:
        suffix = path.suffix.lower()
        accepted = " or ".join(kernels_of(path))
        if not accepted:
            raise IsomacError(f"{path} leaves no choice of kernels, which {kernels!r} is")
        raise IsomacError(f"the kernels of a {suffix} file must be {accepted}, not {kernels!r}")
    chosen = entry.kernels[0] if kernels is None else kernels
    return entry.importer(ModelFile(path, _read(path), chosen))


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise IsomacError(f"there is no file {path}")
        with path.open("rb") as file:
            data = file.read(FILE_MAX + 1)
    except OSError as error:
        raise IsomacError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > FILE_MAX:
        raise IsomacError(f"{path} is larger than {FILE_MAX} bytes, the most that is accepted")
    return data
