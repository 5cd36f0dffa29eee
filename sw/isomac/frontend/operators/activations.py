"""relu, relu6, hardtanh and clamp: clamps to constant bounds."""

import math

import torch
from torch.fx import GraphModule, Node

from isomac.frontend.annotations import Annotations
from isomac.frontend.fusion import has_open_clamp, is_folded
from isomac.frontend.handler import Activation, handles, operator_of
from isomac.frontend.lowering import Lowering, clamp_bounds
from isomac.frontend.nodes import arguments
from isomac.lowering.builder import Result
from isomac.lowering.elementwise import clamp


class Rectifier(Activation):
    """An activation; each subclass knows where its bounds stand."""

    def refuse(self, node: Node) -> str | None:
        if any(math.isnan(bound) for bound in self.bounds(node)):
            return "a bound is not a number"
        return None

    def rewrite(self, module: GraphModule, node: Node) -> None:
        """Move the activation from behind pools and reshapes to an operation that absorbs it.

        It is monotone and looks at single values, so that the order makes no difference.
        """
        first = last = node.all_input_nodes[0]
        while (operator := operator_of(first)) is not None and operator.selects:
            if len(first.users) != 1:
                return
            last_moved, first = first, first.all_input_nodes[0]
        if first is last or len(first.users) != 1 or not has_open_clamp(first):
            return
        node.replace_all_uses_with(last)
        node.replace_input_with(last, first)
        last_moved.replace_input_with(first, node)
        first.append(node)
        node.meta["val"] = first.meta["val"]

    def annotate(self, node: Node, annotations: Annotations) -> None:
        if is_folded(node):
            annotations.own(node)
        else:
            annotations.share(node, node.all_input_nodes[0])

    def lower(self, node: Node, lowering: Lowering) -> None:
        operand = lowering.operand(node.all_input_nodes[0])
        result = lowering.result(node)
        quant_min, quant_max = clamp_bounds(node, result.tensor)
        clamp(lowering.at(node), operand, Result(result.tensor, quant_min, quant_max))


@handles(torch.ops.aten.relu.default)
class Relu(Rectifier):
    """max(x, 0)."""

    title = "relu"

    def bounds(self, node: Node) -> tuple[float, float]:
        return 0.0, math.inf


@handles(torch.ops.aten.relu6.default)
class Relu6(Rectifier):
    """min(max(x, 0), 6)."""

    title = "relu6"

    def bounds(self, node: Node) -> tuple[float, float]:
        return 0.0, 6.0


@handles(torch.ops.aten.hardtanh.default)
class Hardtanh(Rectifier):
    """min(max(x, min_val), max_val)."""

    title = "hardtanh"

    def bounds(self, node: Node) -> tuple[float, float]:
        values = arguments(node)
        return float(values["min_val"]), float(values["max_val"])


@handles(
    torch.ops.aten.clamp.default,
    torch.ops.aten.clip.default,
    torch.ops.aten.clamp_min.default,
    torch.ops.aten.clamp_max.default,
)
class ClampTo(Rectifier):
    """min(max(x, min), max), where one of them may be missing."""

    title = "clamp with constant bounds"

    def bounds(self, node: Node) -> tuple[float, float]:
        values = arguments(node)
        low, high = values.get("min"), values.get("max")
        return -math.inf if low is None else float(low), math.inf if high is None else float(high)
