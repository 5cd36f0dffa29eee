"""The network that a command line names, as an integer graph."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.fx import GraphModule

from isomac.errors import IsomacError
from isomac.graph.file import load
from isomac.graph.graph import Graph
from isomac.importers import Imported, import_model, is_importable
from isomac.lowering.builder import MULTIPLIER_BITS


@dataclass(frozen=True, eq=False)
class Network:
    """An integer graph, and what is known of where it came from.

    Members
    -------
    graph
        The integer graph.
    reference
        The fake-quantized network, None if the integer graph was read from a file.
    calibration
        float32 (N, ...), None likewise.
    imported
        The model file and what is known of it, if the network came from one.
    """

    graph: Graph
    reference: GraphModule | None
    calibration: torch.Tensor | None
    imported: Imported | None = None


def read_network(
    model: str, data: str | None, multiplier_bits: int | None, kernels: str | None = None
) -> Network:
    """Read the integer graph that `model` names, or quantize the network that it names.

    Parameters
    ----------
    model
        `file.isomac`; a quantized model file, see `isomac.importers`; or `file.py:callable` or
        `file.pt2`, see `isomac.frontend.load_model`.
    data
        Calibration data, see `isomac.frontend.load_calibration`.
    multiplier_bits
        Width of the multipliers, `MULTIPLIER_BITS` if None.
    kernels
        See `isomac.importers.import_model`.

    Raises
    ------
    IsomacError
        If one of them cannot be used, is missing, or is given in vain.
    """
    is_graph = Path(model).suffix == ".isomac"
    if is_graph or is_importable(model):
        for option, value in (("--data", data), ("--multiplier-bits", multiplier_bits)):
            if value is not None:
                raise IsomacError(f"{option} quantizes a network, and {model} is quantized already")
        if not is_graph:
            imported = import_model(model, kernels=kernels)
            return Network(imported.graph, None, None, imported)
    if kernels is not None:
        raise IsomacError(f"--kernels is for a quantized model file, which {model} is not")
    if is_graph:
        return Network(load(model), None, None)
    # Quantization takes seconds to import, which what is quantized already need not wait for.
    from isomac.frontend import load_calibration, load_model, quantize_with_reference
    from isomac.frontend.exported_file import program_of_file

    loaded = load_model(model)
    if data is None:
        raise IsomacError(f"--data is needed to quantize {model}: real inputs, for calibration")
    calibration = load_calibration(data)
    with program_of_file(model) if model.endswith(".pt2") else nullcontext():
        quantized = quantize_with_reference(
            loaded.model,
            calibration,
            example=loaded.example,
            multiplier_bits=MULTIPLIER_BITS if multiplier_bits is None else multiplier_bits,
            name=loaded.name,
        )
    return Network(quantized.graph, quantized.reference_module, calibration)
