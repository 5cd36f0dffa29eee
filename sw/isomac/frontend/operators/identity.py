"""Calls that return their input unchanged, as dropout does in evaluation mode."""

import torch
from torch.fx import GraphModule, Node

from isomac.frontend.handler import Handler, handles
from isomac.frontend.nodes import arguments, remove, same_shape

_aten = torch.ops.aten


@handles(
    _aten.dropout.default,
    _aten.feature_dropout.default,
    _aten.alpha_dropout.default,
    _aten.feature_alpha_dropout.default,
)
class Dropout(Handler):
    """Removed; in evaluation mode it is the identity."""

    title = "dropout in evaluation mode"
    removes = True

    def rewrite(self, module: GraphModule, node: Node) -> None:
        if self.refuse(node) is None:
            remove(node, node.all_input_nodes[0])

    def refuse(self, node: Node) -> str | None:
        if arguments(node)["train"]:
            return "in training mode it is random; export the network after .eval()"
        return None


@handles(
    _aten.alias.default,
    _aten.clone.default,
    _aten.contiguous.default,
    _aten.detach.default,
    _aten.lift_fresh_copy.default,
    _aten.slice.Tensor,
    _aten.to.dtype,
    _aten.to.dtype_layout,
    _aten.to.device,
    _aten._to_copy.default,
)
class Copy(Handler):
    """Removed where it changes neither dtype nor shape."""

    removes = True

    def rewrite(self, module: GraphModule, node: Node) -> None:
        if self.refuse(node) is None:
            remove(node, node.all_input_nodes[0])

    def refuse(self, node: Node) -> str | None:
        origin = node.all_input_nodes[0]
        before, after = origin.meta["val"].dtype, node.meta["val"].dtype
        if before != after:
            return f"it must not change the dtype, from {before} to {after}"
        if not same_shape(origin, node):
            return "it must not take a part of the values"
        return None


@handles(_aten._assert_tensor_metadata.default)
class Assertion(Handler):
    """Removed; `torch.export` checked it."""

    removes = True

    def rewrite(self, module: GraphModule, node: Node) -> None:
        node.graph.erase_node(node)

    def refuse(self, node: Node) -> str | None:
        return None
