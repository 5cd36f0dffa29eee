"""What cannot be turned into integers is refused here, all at once, before anything is built."""

from __future__ import annotations

import torch
from torch.fx import Graph, Node

from isomac.errors import IsomacError
from isomac.frontend.functional import REASON_KEY
from isomac.frontend.handler import handler_of, operator_of, titles
from isomac.frontend.naming import describe
from isomac.frontend.nodes import full_shape, has_batch, inputs, is_value, outputs, shape


def check_supported(graph: Graph, network: str) -> None:
    """Require every node of a rewritten graph to have a counterpart in the integer graph.

    Parameters
    ----------
    graph
        The graph after all rewritings.
    network
        What messages call the network.

    Raises
    ------
    IsomacError
        With a line for each offending node: operator, name, the user's line, the reason; then what
        is supported.
    """
    offences = [
        f"  {describe(node)}: {reason}" for node in graph.nodes if (reason := _reason(node))
    ]
    if offences:
        count = f"{len(offences)} operation{'s' if len(offences) > 1 else ''}"
        raise IsomacError(
            "\n".join(
                [
                    f"{network} cannot be turned into an integer network because of {count}:",
                    *offences,
                    f"supported are {', '.join(titles())}",
                ]
            )
        )
    _check_outputs(graph, network)
    operators = [operator_of(node) for node in graph.nodes]
    if not any(operator is not None and operator.weighted for operator in operators):
        raise IsomacError(
            f"{network} has no arithmetic for a MAC array: there must be at least one convolution"
            f" or linear layer"
        )


def check_input(graph: Graph, network: str) -> None:
    """Require one float32 input, a batch of maps or vectors.

    Raises
    ------
    IsomacError
        If there is none or several, or it has another form.
    """
    found = inputs(graph)
    if len(found) != 1:
        names = ", ".join(node.name for node in found) or "none"
        raise IsomacError(f"{network} must have one input, not {len(found)}: {names}")
    (node,) = found
    if not is_value(node):
        raise IsomacError(f"the input {node.name!r} of {network} must be a tensor")
    sizes = full_shape(node)
    if len(sizes) not in (2, 4) or not has_batch(node):
        raise IsomacError(
            f"the input of {network} must be a batch of maps (N, C, H, W) or vectors (N, F) of"
            f" fixed size, not of shape {sizes}"
        )
    if node.meta["val"].dtype != torch.float32:
        raise IsomacError(f"the input of {network} must be float32, not {node.meta['val'].dtype}")


def _reason(node: Node) -> str | None:
    """Return why a node is refused, None if it is not."""
    if node.op != "call_function" or not _computes(node):
        return None
    if REASON_KEY in node.meta:
        return str(node.meta[REASON_KEY])
    handler = handler_of(node)
    if handler is None:
        return "this operation is not supported"
    if not is_value(node):
        return handler.refuse(node)
    if not has_batch(node):
        return f"the first dimension of the result must be the batch, in {full_shape(node)}"
    reason = handler.refuse(node)
    if reason is not None:
        return reason
    if len(full_shape(node)) not in (2, 4):
        return f"the result must be a map (C, H, W) or a vector (F,), its shape is {shape(node)}"
    return None


def _computes(node: Node) -> bool:
    """Return False for sizes, and for the parts of a result that is refused as a whole."""
    if isinstance(node.meta.get("val"), (torch.SymInt, torch.SymBool, int, bool)):
        return False
    return getattr(node.target, "__name__", "") != "getitem"


def _check_outputs(graph: Graph, network: str) -> None:
    found = outputs(graph)
    if not any(operator_of(node) for node in graph.nodes):
        raise IsomacError(f"{network} is empty: it has no operation")
    if not found:
        raise IsomacError(f"{network} must return at least one tensor")
    for node in found:
        if not isinstance(node, Node) or not is_value(node):
            raise IsomacError(f"{network} must return tensors only, not {node!r}")
        if node.op == "placeholder":
            raise IsomacError(f"{network} must not return its input {node.name!r} itself")
    for node in found:
        if found.count(node) > 1:
            raise IsomacError(f"{network} must not return the result of {describe(node)} twice")
