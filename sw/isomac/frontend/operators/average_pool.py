"""avg_pool2d with equal windows."""

from collections.abc import Sequence

import torch
from torch.fx import Node

from isomac.frontend.handler import Operator, handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, pair, shape
from isomac.lowering.pooling import average_pool


@handles(torch.ops.aten.avg_pool2d.default)
class AvgPool2d(Operator):
    """avg_pool2d, where every window has the same divisor."""

    title = "avg_pool2d"
    clamps = True
    sums = True

    def refuse(self, node: Node) -> str | None:
        values = arguments(node)
        padding = pair(values["padding"])
        divisor = values["divisor_override"]
        if divisor is not None and divisor < 0:
            return f"divisor_override must be positive, not {divisor}"
        if divisor is None and any(padding) and not values["count_include_pad"]:
            return (
                "count_include_pad=False with padding divides the windows at the border by less"
                " than the others; all windows must have the same divisor"
            )
        if divisor is None and any(_overhang(node, shape(values["self"]))):
            return (
                "ceil_mode=True makes windows that reach beyond the map, which are divided by less"
                " than the others; all windows must have the same divisor"
            )
        return None

    def lower(self, node: Node, lowering: Lowering) -> None:
        values = arguments(node)
        operand = lowering.operand(values["self"])
        result = lowering.result(node)
        kernel = pair(values["kernel_size"])
        before = pair(values["padding"])
        after = [
            pad + more for pad, more in zip(before, _overhang(node, operand.shape), strict=True)
        ]
        divisor = values["divisor_override"] or kernel[0] * kernel[1]
        average_pool(
            lowering.at(node),
            operand,
            result,
            kernel=kernel,
            stride=_stride(node),
            padding=(*before, after[0], after[1]),
            divisor=divisor,
        )


def _stride(node: Node) -> tuple[int, int]:
    values = arguments(node)
    return pair(values["stride"] or values["kernel_size"])


def _overhang(node: Node, operand: Sequence[int]) -> list[int]:
    """Return how far (y, x) the last windows reach beyond the padded map of shape `operand`."""
    values = arguments(node)
    kernel, stride, padding = pair(values["kernel_size"]), _stride(node), pair(values["padding"])
    return [
        max(0, (out - 1) * stride[axis] + kernel[axis] - size - 2 * padding[axis])
        for axis, (out, size) in enumerate(zip(shape(node)[1:], operand[1:], strict=True))
    ]
