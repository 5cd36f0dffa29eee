"""Calls that depend on parameters alone, such as those of a weight norm, are done beforehand."""

import torch
from torch.fx import GraphModule

from isomac.frontend.nodes import add_constant, constant, is_constant, is_operator, remove


def fold_constants(module: GraphModule) -> None:
    """Replace every call whose operands are parameters and buffers by a buffer with its result."""
    for node in list(module.graph.nodes):
        operands = node.all_input_nodes
        if not is_operator(node) or not operands or not all(map(is_constant, operands)):
            continue
        if node.target._schema.is_mutable or torch.Tag.nondeterministic_seeded in node.target.tags:
            continue
        if not isinstance(node.meta.get("val"), torch.Tensor):
            continue
        values = {operand: constant(module, operand) for operand in operands}
        args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), values.__getitem__)
        with torch.no_grad():
            result = node.target(*args, **kwargs)
        # A copy, so that a view of a parameter does not keep what the user may change later.
        remove(node, add_constant(module, node, result.detach().clone(), "constant"))
