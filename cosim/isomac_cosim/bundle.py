"""A bundle folder, checked before anything is simulated, and its test vectors."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.errors import CosimError
from isomac_cosim.image_file import read_rows
from isomac_cosim.manifest import Manifest
from isomac_cosim.manifest_file import read_manifest
from isomac_cosim.vectors import Vectors
from isomac_cosim.verilog import check_verilog

VECTORS = "vectors.npz"
REPORTS = "reports"


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: its folder, its manifest and the number of inputs its vectors hold."""

    folder: Path
    manifest: Manifest
    inputs: int

    @property
    def verilog(self) -> Path:
        """The Verilog of the accelerator."""
        return self.folder / self.manifest.verilog

    @property
    def reports(self) -> Path:
        """The folder for what co-simulation writes."""
        return self.folder / REPORTS

    def vector(self, name: str, start: int, stop: int) -> NDArray[np.int8]:
        """Rows `start` to `stop` of one array of the vectors, int8."""
        return Vectors(self.folder / VECTORS).rows(name, start, stop)

    def report(self, name: str) -> Path:
        """Where to write a file of the reports; what was there, a link for example, is gone."""
        self.reports.mkdir(parents=True, exist_ok=True)
        path = self.reports / name
        path.unlink(missing_ok=True)
        return path


def open_bundle(folder: Path, *, verify_files: bool = True) -> Bundle:
    """Open a bundle and check that everything a simulation needs is there and undamaged.

    Parameters
    ----------
    folder: the bundle.
    verify_files: compare every file's SHA-256 with the manifest; tests of faults switch it off.

    Raises
    ------
    CosimError
        With one sentence about the first thing that is wrong.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise CosimError(f"{folder} is not a folder, so it is no bundle.")
    manifest = read_manifest(folder / "manifest.json")
    needed = [manifest.verilog, VECTORS, *(memory.file for memory in manifest.memories)]
    for name in sorted({*needed, *manifest.files}):
        if not (folder / name).is_file():
            raise CosimError(f"{folder / name} is missing from the bundle.")
    reports = folder / REPORTS
    if reports.is_symlink() or (reports.exists() and not reports.is_dir()):
        raise CosimError(f"{reports} must be a folder of the bundle: reports are written to it.")
    for name in needed:
        if name not in manifest.files:
            raise CosimError(f"The manifest of {folder} has no SHA-256 of {name}.")
    if verify_files:
        for name, digest in manifest.files.items():
            if file_digest(folder / name) != digest:
                raise CosimError(f"{folder / name} is damaged: its SHA-256 is not the manifest's.")
    check_verilog(folder / manifest.verilog, {memory.file for memory in manifest.memories})
    for memory in manifest.memories:
        read_rows(folder / memory.file, memory)
    vectors = Vectors(folder / VECTORS)
    count = vectors.check(_arrays(manifest), thoroughly=verify_files)
    if not np.array_equal(vectors.rows("output_mask"), _output_mask(manifest)):
        raise CosimError(
            f"The output_mask in {folder / VECTORS} is not that of the manifest's output."
        )
    return Bundle(folder, manifest, count)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _arrays(manifest: Manifest) -> dict[str, tuple[str, tuple[int | None, ...]]]:
    """Type and shape of all arrays of the vectors; None is the number of inputs."""
    width = manifest.word_bytes
    arrays: dict[str, tuple[str, tuple[int | None, ...]]] = {
        "input": ("int8", (None, manifest.input_words, width)),
        "output": ("int8", (None, manifest.output_words, width)),
        "output_mask": ("bool", (manifest.output_words, width)),
    }
    for index, layer in enumerate(manifest.layers):
        if layer.storage is not None:
            s = layer.storage
            arrays[f"layer_{index}"] = ("int8", (None, len(s.channels), s.height, s.width))
    return arrays


def _output_mask(manifest: Manifest) -> NDArray[np.int8]:
    """1 for the bytes of the output that the manifest gives to a channel, int8 (words, M)."""
    mask = np.zeros((manifest.output_words, manifest.word_bytes), np.int8)
    begin = 0
    for tensor in manifest.output_tensors:
        storage = tensor.storage
        end = begin + storage.words
        used = np.zeros(storage.planes * manifest.word_bytes, np.int8)
        used[list(storage.channels)] = 1
        of_plane = used.reshape(storage.planes, 1, manifest.word_bytes)
        of_word = np.repeat(of_plane, storage.height * storage.width, axis=1)
        mask[begin:end] = of_word.reshape(storage.words, manifest.word_bytes)
        begin = end
    return mask
