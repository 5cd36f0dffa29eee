"""conv2d: any kernel, stride, padding, dilation and number of groups."""

from collections.abc import Sequence

import torch
from torch.fx import Node

from isomac.frontend.handler import handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, pair
from isomac.frontend.weighted import Weighted, constants
from isomac.lowering.weighted import convolution


@handles(torch.ops.aten.conv2d.default, torch.ops.aten.conv2d.padding)
class Conv2d(Weighted):
    """conv2d with constant weights; the padding is symmetric, "same" or "valid"."""

    title = "conv2d"

    def refuse(self, node: Node) -> str | None:
        if reason := super().refuse(node):
            return reason
        values = arguments(node)
        kernel = tuple(values["weight"].meta["val"].shape[2:])
        padding = _padding(node, kernel)
        for axis, dilation in enumerate(pair(values["dilation"])):
            extent = (kernel[axis] - 1) * dilation + 1
            widest = max(padding[axis], padding[axis + 2])
            if widest >= extent:
                return f"the padding must be smaller than the kernel, {extent}, not {widest}"
        return None

    def lower(self, node: Node, lowering: Lowering) -> None:
        values = arguments(node)
        operand = lowering.operand(values["input"])
        result = lowering.result(node)
        weights = constants(node, lowering)
        convolution(
            lowering.at(node),
            operand,
            result,
            weights,
            stride=pair(values["stride"]),
            dilation=pair(values["dilation"]),
            padding=_padding(node, weights.values.shape[2:]),
            groups=values["groups"],
        )


def _padding(node: Node, kernel: Sequence[int]) -> tuple[int, int, int, int]:
    """Return (top, left, bottom, right)."""
    values = arguments(node)
    padding = values["padding"]
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        total = [(k - 1) * d for k, d in zip(kernel, pair(values["dilation"]), strict=True)]
        # An odd total puts the larger part behind the map, as PyTorch does.
        top, left = (size // 2 for size in total)
        return top, left, total[0] - top, total[1] - left
    top, left = pair(padding)
    return top, left, top, left
