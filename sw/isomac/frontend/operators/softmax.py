"""softmax over the channels, at the end of the network."""

import torch
from torch.fx import Node

from isomac.frontend.annotations import Annotations
from isomac.frontend.handler import Operator, handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, full_shape
from isomac.graph.operators.softmax import SOFTMAX_SCALE, SOFTMAX_ZERO_POINT
from isomac.lowering.softmax import softmax


@handles(torch.ops.aten.softmax.int)
class ChannelSoftmax(Operator):
    """softmax on axis 1; the result has the fixed scale 1/256."""

    title = "softmax on the channel axis as the last operation"

    def refuse(self, node: Node) -> str | None:
        values = arguments(node)
        if values["dtype"] not in (None, torch.float32):
            return f"dtype must be float32, not {values['dtype']}"
        if values["dim"] % len(full_shape(node)) != 1:
            return f"the axis must be 1, the channels, not {values['dim']}"
        if any(user.op != "output" for user in node.users):
            return "it must be the last operation"
        return None

    def annotate(self, node: Node, annotations: Annotations) -> None:
        annotations.fix(node, SOFTMAX_SCALE, SOFTMAX_ZERO_POINT)

    def lower(self, node: Node, lowering: Lowering) -> None:
        operand = lowering.operand(arguments(node)["self"])
        softmax(lowering.at(node), operand, lowering.result(node).tensor)
