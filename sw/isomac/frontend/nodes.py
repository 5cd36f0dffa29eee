"""Questions about the nodes of an exported graph, asked in one way everywhere.

A *value* is a node that produces one tensor. Its first dimension is the batch; its *shape* in the
integer graph is what follows: `(C, H, W)` or `(F,)`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.fx import Graph, GraphModule, Node
from torch.utils import _pytree as pytree


def arguments(node: Node) -> dict[str, Any]:
    """Return the arguments of a call of an operator by name, with the defaults of its schema."""
    assert isinstance(node.target, torch._ops.OpOverload)
    values: dict[str, Any] = {}
    for position, argument in enumerate(node.target._schema.arguments):
        if position < len(node.args):
            values[argument.name] = node.args[position]
        elif argument.name in node.kwargs:
            values[argument.name] = node.kwargs[argument.name]
        elif argument.has_default_value():
            values[argument.name] = argument.default_value
    return values


def use_positional_arguments(graph: Graph) -> None:
    """Write arguments that were given by name by position, where the schema allows it.

    torchao observes positional arguments only.
    """
    for node in graph.nodes:
        if not is_operator(node) or not node.kwargs:
            continue
        values = arguments(node)
        named = [a.name for a in node.target._schema.arguments if a.kwarg_only]
        node.args = tuple(value for name, value in values.items() if name not in named)
        node.kwargs = {name: node.kwargs[name] for name in named if name in node.kwargs}


def pair(value: int | list[int] | tuple[int, ...]) -> tuple[int, int]:
    """Return a size that PyTorch writes as one or two integers as (y, x)."""
    if isinstance(value, int):
        return value, value
    return (value[0], value[0]) if len(value) == 1 else (value[0], value[1])


def is_operator(node: Node) -> bool:
    """Return whether `node` calls an operator of PyTorch."""
    return node.op == "call_function" and isinstance(node.target, torch._ops.OpOverload)


def is_value(node: Node) -> bool:
    """Return whether `node` computes a tensor, or is an input of the network."""
    return node.op in ("placeholder", "call_function") and isinstance(
        node.meta.get("val"), torch.Tensor
    )


def is_constant(node: object) -> bool:
    """Return whether `node` is a parameter or a buffer of the network."""
    return isinstance(node, Node) and node.op == "get_attr"


def full_shape(node: Node) -> tuple[Any, ...]:
    """Return the shape of a value, batch included; a dynamic size is a `torch.SymInt`."""
    return tuple(node.meta["val"].shape)


def shape(node: Node) -> tuple[int, ...]:
    """Return the shape of a value without the batch."""
    return full_shape(node)[1:]


def same_shape(a: Node, b: Node) -> bool:
    """Return whether two values have the same shape, batch included, for every batch size."""
    return _written(full_shape(a)) == _written(full_shape(b))


def has_batch(node: Node) -> bool:
    """Return whether a value has the batch, and it alone, in its first dimension.

    All other sizes must be known.
    """
    (source,) = inputs(node.graph)
    sizes = full_shape(node)
    return (
        len(sizes) > 0
        and _written(sizes[:1]) == _written(full_shape(source)[:1])
        and all(isinstance(size, int) for size in sizes[1:])
    )


def _written(sizes: tuple[Any, ...]) -> list[str]:
    # Comparing dynamic sizes themselves would ask PyTorch to specialize them.
    return [str(size) for size in sizes]


def inputs(graph: Graph) -> list[Node]:
    """Return the inputs of the network, in order."""
    return list(graph.find_nodes(op="placeholder"))


def outputs(graph: Graph) -> list[Any]:
    """Return what the network returns, in order, whatever containers it comes in."""
    (node,) = graph.find_nodes(op="output")
    leaves: list[Any] = pytree.tree_leaves(node.args[0])
    return leaves


def constant(module: GraphModule, node: Node) -> torch.Tensor:
    """Return the tensor that a parameter or buffer holds."""
    value: Any = module
    for name in str(node.target).split("."):
        value = getattr(value, name)
    assert isinstance(value, torch.Tensor)
    return value.detach()


def add_constant(module: GraphModule, before: Node, value: torch.Tensor, name: str) -> Node:
    """Store `value` as a new buffer of `module` and return a node that reads it before `before`."""
    number = 0
    while hasattr(module, f"_{name}_{number}"):
        number += 1
    attribute = f"_{name}_{number}"
    module.register_buffer(attribute, value)
    with module.graph.inserting_before(before):
        node = module.graph.get_attr(attribute)
    node.meta["val"] = value
    return node


def remove(node: Node, replacement: Node) -> None:
    """Let every reader of `node` read `replacement`, and take `node` out of the graph."""
    node.replace_all_uses_with(replacement)
    node.graph.erase_node(node)
