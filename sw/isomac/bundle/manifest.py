"""The manifest: what is in a bundle, for tools that know nothing of models."""

from collections.abc import Mapping
from typing import Any

from isomac.compile.program import Program
from isomac.compile.work import View
from isomac_hw.core_memories import memory_targets

#: Version of the bundle's contract.
FORMAT = 1


def storage(view: View, base: int) -> dict[str, Any]:
    """Where a tensor lies; a flattened map still has its (C, H, W) here."""
    layout = view.layout
    return {
        "base": base,
        "planes": layout.planes,
        "height": layout.height,
        "width": layout.width,
        "shape": [layout.channels, layout.height, layout.width],
        "channels": list(layout.slots),
    }


def manifest(
    program: Program,
    *,
    generator: str,
    reasons: Mapping[str, tuple[str, str]],
    files: Mapping[str, str],
    interface: str = "stream",
    model: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The manifest of a program.

    Parameters
    ----------
    program, generator, reasons
        What is in the bundle, who made it, and why the hardware is as it is.
    files
        SHA-256 sums by file name.
    interface
        Of the top level.
    model
        Name and format of the model file that the graph came from.
    """
    graph, p = program.graph, program.parameters
    used = {
        "program": len(program.images.program),
        "weights": len(program.images.weights),
        "requant": len(program.images.requant),
        "lookup": len(program.images.lookup),
        "table": len(program.images.table),
    }

    def stream(
        names: tuple[str, ...], views: tuple[tuple[View, int], ...], words: int
    ) -> dict[str, Any]:
        return {
            "words": words,
            "tensors": [
                {
                    "name": name,
                    "scale": graph.tensor(name).scale,
                    "zero_point": graph.tensor(name).zero_point,
                    "shape_in_model": list(graph.tensor(name).shape),
                    **storage(view, base),
                }
                for name, (view, base) in zip(names, views, strict=True)
            ],
        }

    return {
        "format": FORMAT,
        "generator": generator,
        "network": {"name": graph.name, "sha256": graph.sha256},
        "model": None if model is None else dict(model),
        "mode": p.mode,
        "interface": interface,
        "top": "accelerator",
        "verilog": "accelerator.v",
        "word_bytes": p.channel_lanes,
        "multipliers": p.multipliers,
        "macs": graph.macs,
        "predicted_cycles": program.predicted_cycles,
        "parameters": p.to_dict(),
        "reasons": {name: list(text) for name, text in reasons.items()},
        "memories": [
            {
                "name": target.name,
                "file": f"{target.name}.hex",
                "width": target.width,
                "depth": target.depth,
                "used": used[target.name],
                "load_index": index,
            }
            for index, target in enumerate(memory_targets(p))
        ],
        "input": stream(graph.inputs, program.inputs, program.input_words),
        "output": stream(graph.outputs, program.outputs, program.output_words),
        "layers": [
            {
                "name": layer.name,
                "operation": layer.label,
                "source": layer.source,
                "macs": layer.macs,
                "predicted_cycles": layer.predicted_cycles,
                "tensor": layer.tensor,
                "storage": None if layer.view is None else storage(layer.view, layer.base),
            }
            for layer in program.layers
        ],
        "files": dict(files),
    }
