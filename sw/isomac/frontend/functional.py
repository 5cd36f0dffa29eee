"""Calls that write in place, such as relu_ and +=, become calls that return a new tensor."""

from __future__ import annotations

import torch
from torch.fx import Graph, Node

from isomac.frontend.nodes import arguments, is_constant, is_operator

#: The key in the meta of a node under which it is said why it could not be made functional.
REASON_KEY = "isomac_reason"

#: Operators that may return the very tensor they were given, beyond those whose schema says so.
_SAME_TENSOR = ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
#: Those whose result, if it is not a copy, has the same values in the same places.
_SAME_VALUES = (*_SAME_TENSOR, "alias", "contiguous", "detach", "to")


def make_functional(graph: Graph) -> None:
    """Replace every call that writes into a value of the network.

    Who reads that value afterwards, under whatever name, reads the result of the call instead.
    Where this is not possible the call stays, with the reason in its meta.
    """
    order = {node: position for position, node in enumerate(graph.nodes)}
    storage: dict[Node, Node] = {}
    value: dict[Node, Node] = {}
    for node in graph.nodes:
        storage[node] = value[node] = node
        if not is_operator(node) or not node.all_input_nodes:
            continue
        origin = node.args[0] if node.args else None
        if not isinstance(origin, Node):
            continue
        if _writes(node):
            reason = _replace(node, origin, order, storage, value)
            if reason is not None:
                node.meta[REASON_KEY] = reason
        elif _may_alias(node):
            storage[node] = storage[origin]
            if _name(node) in _SAME_VALUES:
                value[node] = value[origin]


def _replace(
    node: Node,
    origin: Node,
    order: dict[Node, int],
    storage: dict[Node, Node],
    value: dict[Node, Node],
) -> str | None:
    """Make `node`, which writes into `origin`, functional; return why it cannot be, or None."""
    if is_constant(storage[origin]):
        return f"it changes the buffer {storage[origin].target!r} of the network"
    functional = _functional_overload(node)
    if functional is None:
        return "it writes in place"
    aliases = [other for other in storage if storage[other] is storage[origin]]
    readers = [
        (user, alias) for alias in aliases for user in alias.users if order[user] > order[node]
    ]
    if any(value[alias] is not value[origin] for _, alias in readers):
        return "it writes in place into a tensor that is read later in another shape"
    for user, alias in readers:
        user.replace_input_with(alias, node)
    node.target = functional
    return None


def _functional_overload(node: Node) -> torch._ops.OpOverload | None:
    assert isinstance(node.target, torch._ops.OpOverload)
    packet = getattr(torch.ops.aten, _name(node).removesuffix("_"), None)
    overload = getattr(packet, node.target._overloadname, None)
    return overload if isinstance(overload, torch._ops.OpOverload) else None


def _name(node: Node) -> str:
    assert isinstance(node.target, torch._ops.OpOverload)
    return str(node.target._schema.name).partition("::")[2]


def _writes(node: Node) -> bool:
    """Return whether a call writes into its first argument."""
    assert isinstance(node.target, torch._ops.OpOverload)
    alias = node.target._schema.arguments[0].alias_info
    return alias is not None and alias.is_write


def _may_alias(node: Node) -> bool:
    """Return whether the result may lie in the memory of the first argument."""
    assert isinstance(node.target, torch._ops.OpOverload)
    if _name(node) in _SAME_TENSOR:
        return not arguments(node)["train"]
    returns = node.target._schema.returns
    return len(returns) > 0 and returns[0].alias_info is not None
