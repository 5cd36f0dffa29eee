"""max_pool2d, with dilation and ceil_mode."""

import torch
from torch.fx import Node

from isomac.frontend.annotations import Annotations
from isomac.frontend.handler import Operator, handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, pair
from isomac.lowering.pooling import max_pool


@handles(torch.ops.aten.max_pool2d.default)
class MaxPool2d(Operator):
    """max_pool2d; input and result share their quantization parameters."""

    title = "max_pool2d"
    selects = True

    def refuse(self, node: Node) -> str | None:
        return None

    def annotate(self, node: Node, annotations: Annotations) -> None:
        annotations.share(node, arguments(node)["self"])

    def lower(self, node: Node, lowering: Lowering) -> None:
        values = arguments(node)
        operand = lowering.operand(values["self"])
        output = lowering.result(node).tensor
        kernel = pair(values["kernel_size"])
        stride = pair(values["stride"] or values["kernel_size"])
        dilation = pair(values["dilation"])
        before = pair(values["padding"])
        # Whatever ceil_mode did, the last window tells how far the map must be padded behind.
        after = [
            max(0, (out - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1 - size - pad)
            for axis, (out, size, pad) in enumerate(
                zip(output.shape[1:], operand.shape[1:], before, strict=True)
            )
        ]
        max_pool(
            lowering.at(node),
            operand,
            output,
            kernel=kernel,
            stride=stride,
            dilation=dilation,
            padding=(*before, after[0], after[1]),
        )
