"""cat along the channels."""

import torch
from torch.fx import GraphModule, Node

from isomac.frontend.annotations import Annotations
from isomac.frontend.handler import Operator, handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, full_shape, is_constant, remove
from isomac.lowering.moves import concatenate


@handles(
    torch.ops.aten.cat.default,
    torch.ops.aten.concat.default,
    torch.ops.aten.concatenate.default,
)
class Concatenation(Operator):
    """cat on axis 1; all operands and the result share their quantization parameters."""

    title = "cat on the channel axis"

    def rewrite(self, module: GraphModule, node: Node) -> None:
        if len(arguments(node)["tensors"]) == 1:
            remove(node, node.all_input_nodes[0])

    def refuse(self, node: Node) -> str | None:
        values = arguments(node)
        if any(is_constant(operand) for operand in values["tensors"]):
            return "a parameter or a buffer cannot be concatenated"
        axis = values["dim"] % len(full_shape(node))
        if axis != 1:
            return f"the axis must be 1, the channels, not {values['dim']}"
        return None

    def annotate(self, node: Node, annotations: Annotations) -> None:
        annotations.share(node, *node.all_input_nodes)

    def lower(self, node: Node, lowering: Lowering) -> None:
        operands = [lowering.operand(operand) for operand in arguments(node)["tensors"]]
        concatenate(lowering.at(node), operands, lowering.result(node).tensor)
