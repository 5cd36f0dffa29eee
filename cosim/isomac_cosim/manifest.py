"""`manifest.json` of a bundle as frozen, checked dataclasses.

Only what co-simulation needs is read; other keys are left to whom they concern.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from isomac_cosim.errors import CosimError

#: The `format` of a manifest that this version reads.
FORMAT = 1


@dataclass(frozen=True)
class Storage:
    """Where a tensor lies in the activation memory.

    Word `(plane, y, x)` is at `base + (plane * height + y) * width + x`; logical channel `c` is
    byte `channels[c] % M` of plane `channels[c] // M`.
    """

    base: int
    planes: int
    height: int
    width: int
    shape: tuple[int, ...]
    channels: tuple[int, ...]

    @property
    def words(self) -> int:
        """Words of all planes."""
        return self.planes * self.height * self.width


@dataclass(frozen=True)
class Layer:
    """One entry of `layers`: what ends with a pulse of `layer_done`.

    `storage` is None for a layer that writes nothing, such as the departure of the output.
    """

    name: str
    operation: str
    source: str
    macs: int
    predicted_cycles: int
    storage: Storage | None

    @property
    def title(self) -> str:
        """Name and operation, as messages show them."""
        return f"{self.name!r} ({self.operation})"


@dataclass(frozen=True)
class OutputTensor:
    """A tensor of the output stream, whose words follow each other as they do in `storage`."""

    name: str
    storage: Storage


@dataclass(frozen=True)
class Memory:
    """A memory with an image: `depth` rows of `width` bits, the first `used` of them meaningful.

    `load_index` addresses it through the load port and is None where there is none.
    """

    name: str
    file: str
    width: int
    depth: int
    used: int
    load_index: int | None


@dataclass(frozen=True)
class Manifest:
    """The manifest; field names as in the file."""

    network: str
    mode: str
    top: str
    verilog: str
    word_bytes: int
    multipliers: int
    macs: int
    predicted_cycles: int
    files: Mapping[str, str]
    memories: tuple[Memory, ...]
    input_words: int
    output_words: int
    output_tensors: tuple[OutputTensor, ...]
    layers: tuple[Layer, ...]
    overlap_input: bool


def read_manifest(path: Path) -> Manifest:
    """Read and check `manifest.json`.

    Raises
    ------
    CosimError
        If the file is missing, is no manifest of a known format or contradicts itself.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CosimError(f"{path} is missing: {path.parent} is not a bundle.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CosimError(f"{path} cannot be read: {error}.") from None
    return parse_manifest(data, path)


def parse_manifest(data: Any, path: Path) -> Manifest:
    """Check the content of a manifest; `path` is where it comes from, for messages.

    Raises
    ------
    CosimError
        If it is no manifest of a known format or contradicts itself.
    """
    version = data.get("format") if isinstance(data, dict) else None
    if version != FORMAT:
        raise CosimError(f"{path} must have format {FORMAT}, not {version!r}.")
    try:
        manifest = _manifest(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise CosimError(f"{path} is damaged: {reason}.") from None
    _check(path, manifest)
    return manifest


def _manifest(data: Mapping[str, Any]) -> Manifest:
    return Manifest(
        network=str(data["network"]["name"]),
        mode=str(data["mode"]),
        top=str(data["top"]),
        verilog=str(data["verilog"]),
        word_bytes=int(data["word_bytes"]),
        multipliers=int(data["multipliers"]),
        macs=int(data["macs"]),
        predicted_cycles=int(data["predicted_cycles"]),
        files={str(name): str(digest) for name, digest in data["files"].items()},
        memories=tuple(_memory(entry) for entry in data["memories"]),
        input_words=int(data["input"]["words"]),
        output_words=int(data["output"]["words"]),
        output_tensors=tuple(
            OutputTensor(str(entry["name"]), _storage(entry)) for entry in data["output"]["tensors"]
        ),
        layers=tuple(_layer(entry) for entry in data["layers"]),
        overlap_input=bool(data.get("parameters", {}).get("overlap_input", False)),
    )


def _memory(entry: Mapping[str, Any]) -> Memory:
    index = entry["load_index"]
    return Memory(
        name=str(entry["name"]),
        file=str(entry["file"]),
        width=int(entry["width"]),
        depth=int(entry["depth"]),
        used=int(entry["used"]),
        load_index=None if index is None else int(index),
    )


def _layer(entry: Mapping[str, Any]) -> Layer:
    storage = entry["storage"]
    return Layer(
        name=str(entry["name"]),
        operation=str(entry["operation"]),
        source=str(entry["source"]),
        macs=int(entry["macs"]),
        predicted_cycles=int(entry["predicted_cycles"]),
        storage=None if storage is None else _storage(storage),
    )


def _storage(entry: Mapping[str, Any]) -> Storage:
    return Storage(
        base=int(entry["base"]),
        planes=int(entry["planes"]),
        height=int(entry["height"]),
        width=int(entry["width"]),
        shape=tuple(int(size) for size in entry["shape"]),
        channels=tuple(int(slot) for slot in entry["channels"]),
    )


def _check(path: Path, manifest: Manifest) -> None:
    """Raise CosimError if entries contradict each other or cannot be used."""

    def require(condition: bool, sentence: str) -> None:
        if not condition:
            raise CosimError(f"{path} is damaged: {sentence}.")

    require(manifest.mode in ("fixed", "programmable"), f"mode is {manifest.mode!r}")
    require(manifest.word_bytes >= 1, f"word_bytes is {manifest.word_bytes}")
    require(manifest.multipliers >= 1, f"multipliers is {manifest.multipliers}")
    require(manifest.top.isidentifier(), f"top is {manifest.top!r}")
    require(len(manifest.layers) >= 1, "there are no layers")
    predicted = sum(layer.predicted_cycles for layer in manifest.layers)
    require(
        predicted == manifest.predicted_cycles,
        f"the layers' predicted cycles add up to {predicted}, not {manifest.predicted_cycles}",
    )
    images = [memory.file for memory in manifest.memories]
    for name in (manifest.verilog, *images, *manifest.files):
        # A bundle is data from elsewhere: it names files of its own folder only.
        require(PurePath(name).name == name and name != "..", f"{name!r} is no plain file name")
    streamed = sum(tensor.storage.words for tensor in manifest.output_tensors)
    require(
        streamed == manifest.output_words,
        f"the output tensors have {streamed} words, not {manifest.output_words}",
    )
    storages = [
        *((f"layer {layer.title}", layer.storage) for layer in manifest.layers),
        *((f"output {tensor.name!r}", tensor.storage) for tensor in manifest.output_tensors),
    ]
    for what, storage in storages:
        if storage is not None:
            slots = storage.planes * manifest.word_bytes
            inside = all(0 <= slot < slots for slot in storage.channels)
            distinct = len(set(storage.channels)) == len(storage.channels)
            require(inside and distinct, f"the channels of {what} do not fit its planes")
