"""adaptive_avg_pool2d: as many windows as wanted, whatever the size of the map."""

import numpy as np
import torch
from torch.fx import Node

from isomac.frontend.handler import Operator, handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments
from isomac.lowering.pooling import average_pool, average_windows


@handles(torch.ops.aten.adaptive_avg_pool2d.default)
class AdaptiveAvgPool2d(Operator):
    """adaptive_avg_pool2d; an average pool if all windows have the same size."""

    title = "adaptive_avg_pool2d"
    clamps = True
    sums = True

    def refuse(self, node: Node) -> str | None:
        return None

    def lower(self, node: Node, lowering: Lowering) -> None:
        operand = lowering.operand(arguments(node)["self"])
        result = lowering.result(node)
        size, wanted = operand.shape[1:], result.tensor.shape[1:]
        if all(s % w == 0 for s, w in zip(size, wanted, strict=True)):
            kernel = size[0] // wanted[0], size[1] // wanted[1]
            average_pool(
                lowering.at(node),
                operand,
                result,
                kernel=kernel,
                stride=kernel,
                padding=(0, 0, 0, 0),
                divisor=kernel[0] * kernel[1],
            )
            return
        rows, columns = (_windows(s, w) for s, w in zip(size, wanted, strict=True))
        pixels = np.outer([b - a for a, b in rows], [b - a for a, b in columns])
        average_windows(
            lowering.at(node), operand, result, rows=rows, columns=columns, divisors=pixels
        )


def _windows(size: int, count: int) -> tuple[tuple[int, int], ...]:
    """Return (start, stop) of `count` windows over `size` pixels, as PyTorch lays them."""
    return tuple((i * size // count, -(-(i + 1) * size // count)) for i in range(count))
