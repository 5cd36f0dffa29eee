"""The case of a bundle: what its test inputs are, and what was expected of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from isomac.bundle.words import stream_words, tensor_of_stream
from isomac.compile.layout import Layout
from isomac.errors import IsomacError
from isomac.golden.evaluate import evaluate
from isomac.graph.file import load
from isomac.graph.graph import Graph
from isomac.importers.registry import Imported, import_model
from isomac.referees.registry import Bytes, Case
from isomac_cosim.bundle import Bundle, open_bundle
from isomac_cosim.document import DocumentError, Node, read_document

#: Files of a bundle.
GRAPH = "graph.isomac"
MANIFEST = "manifest.json"
#: Bounds of what a layout is made of; the graph has the same.
_SIZE_MAX = 1 << 24


def read_case(folder: Path, count: int | None = None) -> Case:
    """Return the case of a bundle: its first `count` test inputs, all by default.

    The expected tensors are those of the golden model, and the vectors that the hardware is
    compared with are required to be the same.

    Raises
    ------
    IsomacError, CosimError
        If it is no bundle, is damaged, or holds a graph or vectors that do not belong together.
    """
    bundle = open_bundle(folder)
    document = Node(read_document(bundle.folder / MANIFEST))
    try:
        graph = _graph(bundle, folder)
        stop = bundle.inputs if count is None else count
        if stop > bundle.inputs:
            raise IsomacError(f"{stop} inputs were asked for, but {folder} holds {bundle.inputs}")
        inputs = _inputs(bundle, document, graph, stop)
        names = [_optional_text(layer, "tensor") for layer in document["layers"].items()]
        model = document.get("model")
        imported = None if model is None or model.is_null else _imported(bundle, model, graph)
    except DocumentError as error:
        raise IsomacError(f"{folder / MANIFEST} is damaged: {error}") from None
    tensors = {name: value.numpy() for name, value in evaluate(graph, inputs).items()}
    for index, name in enumerate(names):
        if name is not None and name in tensors:
            expected = bundle.vector(f"layer_{index}", 0, stop)
            if not np.array_equal(tensors[name].ravel(), expected.ravel()):
                raise IsomacError(
                    f"the vectors of {folder} are not those of its {GRAPH}: {name!r} differs"
                )
    return Case(str(folder), graph, tensors, imported)


def _graph(bundle: Bundle, folder: Path) -> Graph:
    if GRAPH not in bundle.manifest.files:
        raise IsomacError(f"{folder} has no {GRAPH}, which a referee needs")
    return load(bundle.folder / GRAPH)


def _inputs(bundle: Bundle, document: Node, graph: Graph, stop: int) -> dict[str, Bytes]:
    """The inputs of the graph, out of the words of the stream."""
    words = bundle.vector("input", 0, stop)
    entries = list(document["input"]["tensors"].items())
    layouts = [_layout(entry, bundle.manifest.word_bytes) for entry in entries]
    sizes = [stream_words(layout) for layout in layouts]
    elements = [layout.channels * layout.plane_words for layout in layouts]
    wanted = [graph.tensor(name).elements for name in graph.inputs]
    if elements != wanted or sum(sizes) != words.shape[1]:
        raise IsomacError(f"the inputs of {bundle.folder} are not those of its {GRAPH}")
    parts = np.split(words, np.cumsum(sizes)[:-1], axis=1)
    return {
        name: tensor_of_stream(layout, part).reshape(-1, *graph.tensor(name).shape)
        for name, layout, part in zip(graph.inputs, layouts, parts, strict=True)
    }


def _layout(entry: Node, word_bytes: int) -> Layout:
    height, width = (entry[key].integer(1, _SIZE_MAX) for key in ("height", "width"))
    slots = tuple(slot.integer(0, _SIZE_MAX) for slot in entry["channels"].items())
    if not slots or list(slots) != sorted(set(slots)):
        raise DocumentError("the channels of an input must ascend")
    return Layout(word_bytes, height, width, slots)


def _optional_text(entry: Node, key: str) -> str | None:
    value = entry.get(key)
    return None if value is None or value.is_null else value.text()


def _imported(bundle: Bundle, model: Node, graph: Graph) -> Imported:
    """The model file of a bundle, which must give the graph of the bundle once more."""
    name = model["file"].text()
    if name not in bundle.manifest.files:
        raise IsomacError(f"the manifest of {bundle.folder} has no SHA-256 of {name}")
    kernels = model["kernels"].text()
    imported = import_model(bundle.folder / name, kernels=kernels)
    # A graph is named after the file, and the bundle's has a name of its own.
    if replace(imported.graph, name=graph.name) != graph:
        raise IsomacError(
            f"{bundle.folder / name} gives another network than {GRAPH}: another version of isomac"
            f" may have built the bundle, so build it again"
        )
    return replace(imported, graph=graph)
