"""The accelerator of a bundle, ready for JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isomac.cli.hardware import read_hardware
from isomac.compile.compiler import compile_graph
from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError
from isomac.graph.file import load
from isomac.graph.graph import Graph
from isomac_cosim.bundle import open_bundle
from isomac_cosim.document import DocumentError, Node, read_document

#: Files of a bundle.
GRAPH, MANIFEST = "graph.isomac", "manifest.json"


#: The array with which is tried whether there is hardware for a network at all.
_SMALL = ArrayShape(tile_rows=1, tile_columns=1, channel_lanes=8, requant_lanes=1, banks=1)


def refusals(graph: Graph) -> tuple[str, ...]:
    """Return why no accelerator can run a network, as a sentence, or nothing."""
    try:
        compile_graph(graph, _SMALL)
    except IsomacError as error:
        return (f"Not for the hardware: {error}",)
    return ()


def read_hardware_view(folder: Path) -> tuple[Graph, dict[str, Any]]:
    """Return the graph of a bundle, and what there is to say about its accelerator.

    Raises
    ------
    IsomacError, CosimError
        If it is no bundle, or a damaged one.
    """
    bundle = open_bundle(folder)
    manifest = bundle.manifest
    if GRAPH not in manifest.files:
        raise IsomacError(f"{folder} has no {GRAPH}, so there is no network to show")
    try:
        document = Node(read_document(bundle.folder / MANIFEST))
        reasons = {
            name: [text.text() for text in entry.items(2)]
            for name, entry in document["reasons"].entries()
        }
        model = document.get("model")
        origin = None if model is None or model.is_null else model["format"].text()
    except DocumentError as error:
        raise IsomacError(f"{folder / MANIFEST} is damaged: {error}") from None
    work = manifest.predicted_cycles * manifest.multipliers
    return load(bundle.folder / GRAPH), {
        "mode": manifest.mode,
        "multipliers": manifest.multipliers,
        "predicted_cycles": manifest.predicted_cycles,
        "utilization": manifest.macs / work if work else 0.0,
        "model": origin,
        "test_inputs": bundle.inputs,
        "layers": [
            {
                "name": layer.name,
                "operation": layer.operation,
                "macs": layer.macs,
                "predicted_cycles": layer.predicted_cycles,
            }
            for layer in manifest.layers
        ],
        "memories": [
            {"name": memory.name, "rows": memory.depth, "bits": memory.width}
            for memory in manifest.memories
        ],
        "parameters": read_hardware(folder).to_dict(),
        "reasons": reasons,
    }
