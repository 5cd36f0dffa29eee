"""Residual addition of two values."""

import torch
from torch.fx import GraphModule, Node

from isomac.frontend.handler import Operator, handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, full_shape, is_constant, remove
from isomac.lowering.elementwise import add


@handles(torch.ops.aten.add.Tensor)
class Addition(Operator):
    """`a + b` for two values of the same shape, which may be the same value."""

    title = "add of two tensors of the same shape"
    clamps = True
    sums = True

    def rewrite(self, module: GraphModule, node: Node) -> None:
        """Drop `0 + x`, with which Python's `sum` begins."""
        values = arguments(node)
        if isinstance(values["self"], Node) and values["other"] == 0:
            remove(node, values["self"])

    def refuse(self, node: Node) -> str | None:
        values = arguments(node)
        operands = [values["self"], values["other"]]
        if not all(isinstance(operand, Node) for operand in operands):
            return "a constant cannot be added"
        if any(is_constant(operand) for operand in operands):
            return "a parameter or a buffer cannot be added"
        if values["alpha"] != 1:
            return f"alpha must be 1, not {values['alpha']}"
        a, b = (full_shape(operand) for operand in operands)
        if a != b:
            return f"the shapes must be the same, not {a[1:]} and {b[1:]}"
        return None

    def lower(self, node: Node, lowering: Lowering) -> None:
        values = arguments(node)
        a, b = lowering.operand(values["self"]), lowering.operand(values["other"])
        add(lowering.at(node), a, b, lowering.result(node))
