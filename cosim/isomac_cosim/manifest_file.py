"""Reads and checks `manifest.json`.

A manifest is data from elsewhere: no number in it is used before it is known to be possible.
"""

import re
import reprlib
from pathlib import Path
from typing import Any

from isomac_cosim.document import DocumentError, Node, read_document
from isomac_cosim.errors import CosimError
from isomac_cosim.manifest import Layer, Manifest, Memory, OutputTensor, Storage
from isomac_hw.interfaces.ports import INTERFACES

#: The `format` of a manifest that this version reads.
FORMAT = 1

# Far above what fits an FPGA, and low enough that nothing allocated for it can be out of bounds.
#: M, and multipliers of the array.
WORD_BYTES_MAX = 1 << 16
MULTIPLIERS_MAX = 1 << 24
#: Multiply-accumulates of an inference; cycles, which the core counts with 32 bits.
MACS_MAX = 1 << 60
CYCLES_MAX = (1 << 32) - 1
#: Height, width, planes and channels of a tensor, and its first word.
SIZE_MAX = 1 << 24
BASE_MAX = (1 << 31) - 1
#: Bytes of a tensor or stream, and of all tensors that an inference writes.
TENSOR_BYTES_MAX = 1 << 26
WRITTEN_BYTES_MAX = 1 << 28
#: Rows, bits of a row, and bits of a memory with an image.
ROWS_MAX = 1 << 24
ROW_BITS_MAX = 1 << 20
MEMORY_BITS_MAX = 1 << 33
#: Layers, memories, files.
LAYERS_MAX = 1 << 16
MEMORIES_MAX = 64
FILES_MAX = 1 << 10

#: Files of the bundle's own folder: no path, nothing hidden, nothing that a shell would expand.
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}")
#: A module's name, which also names the simulator's file.
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


def read_manifest(path: Path) -> Manifest:
    """Read and check `manifest.json`.

    Raises
    ------
    CosimError
        If the file is missing, is no manifest of a known format or contradicts itself.
    """
    try:
        data = read_document(path)
    except FileNotFoundError:
        raise CosimError(f"{path} is missing: {path.parent} is not a bundle.") from None
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
        raise CosimError(f"{path} must have format {FORMAT}, not {reprlib.repr(version)}.")
    try:
        manifest = _manifest(Node(data))
        _check(manifest)
    except DocumentError as error:
        raise CosimError(f"{path} is damaged: {error}.") from None
    return manifest


def _manifest(data: Node) -> Manifest:
    return Manifest(
        network=data["network"]["name"].text(),
        mode=data["mode"].text(),
        top=data["top"].text(),
        verilog=data["verilog"].text(),
        word_bytes=data["word_bytes"].integer(1, WORD_BYTES_MAX),
        multipliers=data["multipliers"].integer(1, MULTIPLIERS_MAX),
        macs=data["macs"].integer(0, MACS_MAX),
        predicted_cycles=data["predicted_cycles"].integer(0, CYCLES_MAX),
        files={name: digest.text() for name, digest in data["files"].entries(FILES_MAX)},
        memories=tuple(_memory(entry) for entry in data["memories"].items(MEMORIES_MAX)),
        input_words=data["input"]["words"].integer(1, TENSOR_BYTES_MAX),
        output_words=data["output"]["words"].integer(1, TENSOR_BYTES_MAX),
        output_tensors=tuple(
            OutputTensor(entry["name"].text(), _storage(entry))
            for entry in data["output"]["tensors"].items(LAYERS_MAX)
        ),
        layers=tuple(_layer(entry) for entry in data["layers"].items(LAYERS_MAX)),
        overlap_input=_overlap_input(data.get("parameters")),
        interface=_interface(data.get("interface")),
    )


def _overlap_input(parameters: Node | None) -> bool:
    flag = None if parameters is None else parameters.get("overlap_input")
    return False if flag is None else flag.boolean()


def _interface(entry: Node | None) -> str:
    return INTERFACES[0] if entry is None else entry.text()


def _memory(entry: Node) -> Memory:
    index, depth = entry["load_index"], entry["depth"].integer(1, ROWS_MAX)
    return Memory(
        name=entry["name"].text(),
        file=entry["file"].text(),
        width=entry["width"].integer(1, min(ROW_BITS_MAX, MEMORY_BITS_MAX // depth)),
        depth=depth,
        used=entry["used"].integer(0, depth),
        load_index=None if index.is_null else index.integer(0, MEMORIES_MAX - 1),
    )


def _layer(entry: Node) -> Layer:
    storage = entry["storage"]
    return Layer(
        name=entry["name"].text(),
        operation=entry["operation"].text(),
        source=entry["source"].text(),
        macs=entry["macs"].integer(0, MACS_MAX),
        predicted_cycles=entry["predicted_cycles"].integer(0, CYCLES_MAX),
        storage=None if storage.is_null else _storage(storage),
    )


def _storage(entry: Node) -> Storage:
    return Storage(
        base=entry["base"].integer(0, BASE_MAX),
        planes=entry["planes"].integer(1, SIZE_MAX),
        height=entry["height"].integer(1, SIZE_MAX),
        width=entry["width"].integer(1, SIZE_MAX),
        shape=tuple(size.integer(1, SIZE_MAX) for size in entry["shape"].items(8)),
        channels=tuple(slot.integer(0, TENSOR_BYTES_MAX) for slot in entry["channels"].items()),
    )


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise DocumentError(sentence)


def _check(manifest: Manifest) -> None:
    """Raise DocumentError if entries contradict each other or cannot be used."""
    _require(manifest.mode in ("fixed", "programmable"), f"mode is {manifest.mode!r}")
    _require(manifest.interface in INTERFACES, f"interface is {manifest.interface!r}")
    _require(_MODULE.fullmatch(manifest.top) is not None, f"top is {manifest.top!r}")
    _require(len(manifest.layers) >= 1, "there are no layers")
    predicted = sum(layer.predicted_cycles for layer in manifest.layers)
    _require(
        predicted == manifest.predicted_cycles,
        f"the layers' predicted cycles add up to {predicted}, not {manifest.predicted_cycles}",
    )
    _check_files(manifest)
    streamed = sum(tensor.storage.words for tensor in manifest.output_tensors)
    _require(
        streamed == manifest.output_words,
        f"the output tensors have {streamed} words, not {manifest.output_words}",
    )
    for what, words in (("input", manifest.input_words), ("output", manifest.output_words)):
        _require(
            words * manifest.word_bytes <= TENSOR_BYTES_MAX,
            f"{what} has {words} words, more than {TENSOR_BYTES_MAX} bytes",
        )
    total = 0
    for layer in manifest.layers:
        if layer.storage is not None:
            _check_storage(f"layer {layer.title}", layer.storage, manifest.word_bytes)
            total += layer.storage.words * manifest.word_bytes
    _require(total <= WRITTEN_BYTES_MAX, f"the layers write more than {WRITTEN_BYTES_MAX} bytes")
    for tensor in manifest.output_tensors:
        _check_storage(f"output {tensor.name!r}", tensor.storage, manifest.word_bytes)


def _check_files(manifest: Manifest) -> None:
    images = [memory.file for memory in manifest.memories]
    for name in (manifest.verilog, *images, *manifest.files):
        _require(_FILE_NAME.fullmatch(name) is not None, f"{name!r} is no plain file name")
    for name, ending in ((manifest.verilog, ".v"), *((name, ".hex") for name in images)):
        # The simulator finds the images beside files of its own, whose names they must not take.
        _require(name.endswith(ending), f"{name!r} must end with {ending}")
    indices = [m.load_index for m in manifest.memories if m.load_index is not None]
    for what, values in (
        ("names", [memory.name for memory in manifest.memories]),
        ("files", images),
        ("load indices", indices),
    ):
        _require(len({*values}) == len(values), f"two memories have the same {what}")


def _check_storage(what: str, storage: Storage, word_bytes: int) -> None:
    _require(
        storage.words * word_bytes <= TENSOR_BYTES_MAX,
        f"{what} has {storage.words} words, more than {TENSOR_BYTES_MAX} bytes",
    )
    slots = storage.planes * word_bytes
    inside = all(slot < slots for slot in storage.channels)
    distinct = len(set(storage.channels)) == len(storage.channels) >= 1
    _require(inside and distinct, f"the channels of {what} do not fit its planes")
