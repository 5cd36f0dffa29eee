"""flatten, reshape, view, squeeze and unsqueeze: the same values under another shape."""

import torch
from torch.fx import GraphModule, Node

from isomac.frontend.annotations import Annotations
from isomac.frontend.handler import Operator, handler_of, handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.naming import NAME_KEY, readable_name
from isomac.frontend.nodes import has_batch, remove, same_shape, shape
from isomac.lowering.moves import reshape

_RESHAPE = torch.ops.aten.reshape.default


@handles(
    _RESHAPE,
    torch.ops.aten.view.default,
    torch.ops.aten._unsafe_view.default,
    torch.ops.aten.flatten.using_ints,
    torch.ops.aten.unflatten.int,
    torch.ops.aten.squeeze.default,
    torch.ops.aten.squeeze.dim,
    torch.ops.aten.squeeze.dims,
    torch.ops.aten.unsqueeze.default,
)
class Reshaping(Operator):
    """Any of them, as long as what comes out at the end of a row of them is a vector."""

    title = "flatten, reshape, view and squeeze to a vector"
    selects = True

    def rewrite(self, module: GraphModule, node: Node) -> None:
        """Make one reshape of a row of them, for whatever batch, and drop it if nothing changes."""
        if not has_batch(node):
            return
        origin = node.all_input_nodes[0]
        if handler_of(origin) is self and has_batch(origin):
            origin = origin.all_input_nodes[0]
        if same_shape(node, origin):
            remove(node, origin)
            return
        node.meta[NAME_KEY] = readable_name(node)
        node.target = _RESHAPE
        node.args = (origin, [-1, *shape(node)])
        node.kwargs = {}

    def refuse(self, node: Node) -> str | None:
        origin, result = shape(node.all_input_nodes[0]), shape(node)
        if len(result) == 1 or (len(origin) == 1 and result == (*origin, 1, 1)):
            return None
        return f"the result must be a vector, not of shape {result}"

    def annotate(self, node: Node, annotations: Annotations) -> None:
        annotations.share(node, node.all_input_nodes[0])

    def lower(self, node: Node, lowering: Lowering) -> None:
        operand = lowering.operand(node.all_input_nodes[0])
        reshape(lowering.at(node), operand, lowering.result(node).tensor)
