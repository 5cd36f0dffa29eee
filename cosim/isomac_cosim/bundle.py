"""A bundle folder, checked before anything is simulated, and its test vectors."""

import hashlib
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from isomac_cosim.errors import CosimError
from isomac_cosim.manifest import Manifest, read_manifest

VECTORS = "vectors.npz"


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
        return self.folder / "reports"

    def vector(self, name: str, start: int, stop: int) -> NDArray[np.int8]:
        """Rows `start` to `stop` of one array of the vectors, int8."""
        with np.load(self.folder / VECTORS, allow_pickle=False) as vectors:
            rows: NDArray[np.int8] = np.ascontiguousarray(vectors[name][start:stop])
        return rows


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
    for name in needed:
        if name not in manifest.files:
            raise CosimError(f"The manifest of {folder} has no SHA-256 of {name}.")
    if verify_files:
        for name, digest in manifest.files.items():
            if file_digest(folder / name) != digest:
                raise CosimError(f"{folder / name} is damaged: its SHA-256 is not the manifest's.")
    _check_images(folder, manifest)
    count = _check_vectors(folder / VECTORS, manifest)
    _check_mask(folder / VECTORS, manifest)
    return Bundle(folder, manifest, count)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_images(folder: Path, manifest: Manifest) -> None:
    """A memory without its image would start with zeros and only a warning."""
    text = (folder / manifest.verilog).read_text(encoding="utf-8", errors="replace")
    known = {memory.file for memory in manifest.memories}
    for name in re.findall(r'\$readmem[hb]\s*\(\s*"([^"]*)"', text):
        if name not in known:
            raise CosimError(
                f"{folder / manifest.verilog} reads {name!r}, which is no memory of the manifest."
            )


def _check_vectors(path: Path, manifest: Manifest) -> int:
    """Check names, types and shapes of the vectors without reading them; return their number."""
    width = manifest.word_bytes
    expected: dict[str, tuple[int | None, ...]] = {
        "input": (None, manifest.input_words, width),
        "output": (None, manifest.output_words, width),
        "output_mask": (manifest.output_words, width),
    }
    for index, layer in enumerate(manifest.layers):
        if layer.storage is not None:
            storage = layer.storage
            expected[f"layer_{index}"] = (
                None, len(storage.channels), storage.height, storage.width,
            )  # fmt: skip
    found = _array_headers(path)
    count = found["input"][0][0] if "input" in found and found["input"][0] else 0
    for name, shape in expected.items():
        full = tuple(count if size is None else size for size in shape)
        kind = "bool" if name == "output_mask" else "int8"
        if name not in found:
            raise CosimError(f"{path} has no array {name!r}.")
        if found[name] != (full, np.dtype(kind)):
            has_shape, has_kind = found[name]
            raise CosimError(
                f"{name!r} in {path} must be {kind} of shape {full}, "
                f"not {has_kind} of shape {has_shape}."
            )
    return count


def _check_mask(path: Path, manifest: Manifest) -> None:
    """The mask of the output must cover the channels that the manifest names, and no other byte."""
    expected = np.zeros((manifest.output_words, manifest.word_bytes), bool)
    begin = 0
    for tensor in manifest.output_tensors:
        storage = tensor.storage
        end = begin + storage.words
        used = np.zeros(storage.planes * manifest.word_bytes, bool)
        used[list(storage.channels)] = True
        of_plane = used.reshape(storage.planes, 1, manifest.word_bytes)
        of_word = np.repeat(of_plane, storage.height * storage.width, axis=1)
        expected[begin:end] = of_word.reshape(storage.words, manifest.word_bytes)
        begin = end
    with np.load(path, allow_pickle=False) as vectors:
        if not np.array_equal(vectors["output_mask"], expected):
            raise CosimError(f"The output_mask in {path} is not that of the manifest's output.")


def _array_headers(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype[np.generic]]]:
    """Shape and type of every array of an .npz file."""
    headers = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    major, _ = npy.read_magic(member)
                    read = npy.read_array_header_1_0 if major == 1 else npy.read_array_header_2_0
                    shape, _, kind = read(member)
                    headers[name.removesuffix(".npy")] = (shape, kind)
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise CosimError(f"{path} cannot be read: {error}.") from None
    return headers
