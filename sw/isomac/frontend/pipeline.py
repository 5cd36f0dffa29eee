"""From PyTorch to the integer graph: export, rewrite, check, calibrate, convert, lower."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.export import ExportedProgram
from torch.fx import GraphModule

from isomac.errors import IsomacError
from isomac.frontend import operators as operators  # fills the table of handlers
from isomac.frontend.calibration import Batch, check_calibration, to_batch
from isomac.frontend.capture import check_call, export, graph_module
from isomac.frontend.constants import fold_constants
from isomac.frontend.functional import make_functional
from isomac.frontend.handler import handler_of
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import inputs, shape, use_positional_arguments
from isomac.frontend.parameters import check_parameters
from isomac.frontend.pt2e import convert_pt2e, prepare_pt2e
from isomac.frontend.quantizer import IntegerQuantizer
from isomac.frontend.refusals import check_input, check_supported
from isomac.frontend.ties import avoid_ties
from isomac.frontend.weight_scales import bound_weight_scales, check_ranges
from isomac.graph.graph import Graph

#: Samples that run through the network at once.
_CHUNK = 32


@dataclass(frozen=True, eq=False)
class Quantized:
    """A quantized network in its two forms, and where it came from.

    Members
    -------
    graph
        The integer graph.
    reference_module
        The same network as torchao fake-quantizes it: float32 arithmetic between quantize and
        dequantize nodes. It reads and returns float32.
    exported
        What torch.export saw.
    """

    graph: Graph
    reference_module: GraphModule
    exported: ExportedProgram


def quantize(
    model: nn.Module | ExportedProgram,
    calibration: Batch,
    *,
    example: torch.Tensor | None = None,
    multiplier_bits: int = 31,
    name: str | None = None,
) -> Graph:
    """Return `model` as an integer graph. See `quantize_with_reference`, which says more."""
    return quantize_with_reference(
        model, calibration, example=example, multiplier_bits=multiplier_bits, name=name
    ).graph


def quantize_with_reference(
    model: nn.Module | ExportedProgram,
    calibration: Batch,
    *,
    example: torch.Tensor | None = None,
    multiplier_bits: int = 31,
    name: str | None = None,
) -> Quantized:
    """Quantize `model` after training, and return integer graph and fake-quantized reference.

    The model is taken in evaluation mode, and stays as it was. The same model and the same data
    give the same graph.

    Parameters
    ----------
    model
        A module with one input, or an exported program.
    calibration
        Real inputs (N, ...), floating point; their range decides over the scales.
    example
        One input with its batch dimension, (1, ...); the first calibration sample by default.
    multiplier_bits
        Width of the multipliers in the requantization, 2 to 31.
    name
        Name of the graph; the name of the class of `model` by default.

    Raises
    ------
    IsomacError
        If the model, the data or one of the operations cannot be used, with one message that names
        all operations that are not supported.
    """
    if not isinstance(model, (nn.Module, ExportedProgram)):
        raise IsomacError(
            f"a model must be a torch.nn.Module or an exported program, not {type(model).__name__}"
        )
    if not 2 <= multiplier_bits <= 31:
        raise IsomacError(f"multipliers must have 2 to 31 bits, not {multiplier_bits}")
    if name is None:
        name = "network" if isinstance(model, ExportedProgram) else type(model).__name__
    network = f"network {name!r}"
    batch = to_batch(calibration, "calibration data")
    check_parameters(model, network)
    if isinstance(model, ExportedProgram):
        program = model
        check_call(program, network)
    else:
        first = batch[:1] if example is None else to_batch(example, "the example input")[:1]
        check_calibration(batch, tuple(first.shape[1:]), network)
        program = export(model, first, network)
    module = graph_module(program)
    rewrite(module, network)
    (entry,) = inputs(module.graph)
    check_calibration(batch, shape(entry), network)
    check_supported(module.graph, network)
    reference = _calibrated(module, batch)
    graph = Lowering(reference, multiplier_bits).graph(name)
    return Quantized(graph, reference, program)


def rewrite(module: GraphModule, network: str) -> None:
    """Bring the graph into the form the quantizer expects, without changing what it computes."""
    check_input(module.graph, network)
    use_positional_arguments(module.graph)
    make_functional(module.graph)
    fold_constants(module)
    for removes in (True, False):
        for node in list(module.graph.nodes):
            handler = handler_of(node)
            if handler is not None and handler.removes is removes:
                handler.rewrite(module, node)
    module.graph.eliminate_dead_code()
    module.graph.lint()
    module.recompile()


def _calibrated(module: GraphModule, batch: torch.Tensor) -> GraphModule:
    """Return the quantize/dequantize graph of `module` with scales learned from `batch`."""
    prepared = prepare_pt2e(module, IntegerQuantizer())
    with torch.no_grad():
        for chunk in batch.split(_CHUNK):
            prepared(chunk)
    check_ranges(prepared)
    avoid_ties(prepared)
    bound_weight_scales(prepared)
    converted: GraphModule = convert_pt2e(prepared)
    return converted
