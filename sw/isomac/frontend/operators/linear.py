"""linear on a vector."""

import torch
from torch.fx import Node

from isomac.frontend.handler import handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, shape
from isomac.frontend.weighted import Weighted, constants
from isomac.lowering.weighted import linear


@handles(torch.ops.aten.linear.default)
class LinearLayer(Weighted):
    """linear with constant weights, on a vector (F,)."""

    title = "linear on a vector"

    def refuse(self, node: Node) -> str | None:
        if reason := super().refuse(node):
            return reason
        operand = shape(arguments(node)["input"])
        if len(operand) != 1:
            return f"the input must be a vector, not of shape {operand}"
        return None

    def lower(self, node: Node, lowering: Lowering) -> None:
        operand = lowering.operand(arguments(node)["input"])
        result = lowering.result(node)
        linear(lowering.at(node), operand, result, constants(node, lowering))
