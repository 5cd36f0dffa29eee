"""From a module to a graph of PyTorch operators, through torch.export."""

from __future__ import annotations

import contextlib
import inspect
import re
import sys
from collections.abc import Iterator

import torch
from torch import nn
from torch.export import Dim, ExportedProgram
from torch.fx import GraphModule
from torch.utils import _pytree as pytree

from isomac.errors import IsomacError
from isomac.frontend.naming import source_of_exception, source_of_trace
from isomac.frontend.quiet import quiet_export


def export(model: nn.Module, example: torch.Tensor, network: str) -> ExportedProgram:
    """Return `model` in evaluation mode as torch.export sees it; `model` stays as it was.

    The batch is left open where the model lets it be, and is 1 otherwise.

    Parameters
    ----------
    model
        Any module with one input.
    example
        One input, float32 (1, ...).
    network
        What messages call the model.

    Raises
    ------
    IsomacError
        If the model has several inputs, does not accept the example, or cannot be exported.
    """
    _check_signature(model, network)
    # Gradients are off already, so that a model that turns them off leaves no trace in the graph.
    with _evaluation_mode(model), torch.no_grad(), quiet_export() as stderr:
        try:
            program = torch.export.export(
                model, (example.repeat_interleave(2, 0),), dynamic_shapes=({0: Dim.DYNAMIC},)
            )
        except (Exception, SystemExit):  # the model may raise anything, and so may torch.export
            try:
                program = torch.export.export(model, (example,))
            except (Exception, SystemExit) as error:
                raise IsomacError(_sentence(error, network, example)) from error
    sys.stderr.write(stderr.getvalue())
    return program


def check_call(program: ExportedProgram, network: str) -> None:
    """Require a program to be called with tensors by position.

    Raises
    ------
    IsomacError
        If an input is given by name, or in a list or dictionary.
    """
    count = len(program.graph_signature.user_inputs)
    if program.call_spec.in_spec != pytree.tree_structure(((0,) * count, {})):
        raise IsomacError(
            f"{network} must take its input by position and as a tensor, not by name or in a"
            f" container"
        )


def graph_module(program: ExportedProgram) -> GraphModule:
    """Return a copy of the graph of `program`; its parameters are those of the user's model."""
    with quiet_export():
        module = program.module(check_guards=False)
    assert isinstance(module, GraphModule)
    return module


def _check_signature(model: nn.Module, network: str) -> None:
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return
    needed = [
        parameter
        for parameter in parameters
        if parameter.default is inspect.Parameter.empty
        and parameter.kind not in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    ]
    names = [parameter.name for parameter in needed]
    if len(needed) > 1:
        raise IsomacError(f"{network} must have one input, not {len(needed)}: {', '.join(names)}")
    if needed and needed[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise IsomacError(f"{network} must take its input {names[0]!r} by position, not by name")


@contextlib.contextmanager
def _evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put `model` into evaluation mode for a while."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _sentence(error: BaseException, network: str, example: torch.Tensor) -> str:
    """Return one sentence about a failed export, with the user's line where it is known."""
    text = str(error)
    place = source_of_trace(text) or source_of_exception(error)
    where = f" ({place})" if place else ""
    if "data-dependent" in text or "DataDependent" in type(error).__name__:
        return (
            f"{network} cannot be exported: its control flow depends on the data{where}, and a"
            f" circuit has no such branches"
        )
    cause = re.sub(r"\s+", " ", text.strip().split("\n\n")[0]).rstrip(".") or type(error).__name__
    size = tuple(example.shape)
    return f"{network} cannot be exported with an input of shape {size}{where}: {cause}"
