"""mean over the map: global average pooling."""

from dataclasses import replace

import torch
from torch.fx import Node

from isomac.frontend.handler import Operator, handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, full_shape
from isomac.lowering.moves import reshape
from isomac.lowering.pooling import average_pool


@handles(torch.ops.aten.mean.dim)
class Mean(Operator):
    """mean over height and width, or with keepdim=True over one of them."""

    title = "mean over (2, 3)"
    clamps = True
    sums = True

    def refuse(self, node: Node) -> str | None:
        values = arguments(node)
        if values["dtype"] not in (None, torch.float32):
            return f"dtype must be float32, not {values['dtype']}"
        if len(full_shape(values["self"])) != 4 or not _axes(node) <= {2, 3} or not _axes(node):
            return f"the axes must be height and width of a map, not {values['dim']}"
        return None

    def lower(self, node: Node, lowering: Lowering) -> None:
        operand = lowering.operand(arguments(node)["self"])
        result = lowering.result(node)
        channels, height, width = operand.shape
        kernel = height if 2 in _axes(node) else 1, width if 3 in _axes(node) else 1
        site = lowering.at(node)
        pooled = result.tensor
        if len(pooled.shape) == 1:
            pooled = site.like(f"{pooled.name}.pool", (channels, 1, 1), pooled)
        average_pool(
            site,
            operand,
            replace(result, tensor=pooled),
            kernel=kernel,
            stride=kernel,
            padding=(0, 0, 0, 0),
            divisor=kernel[0] * kernel[1],
        )
        if pooled is not result.tensor:
            reshape(site, pooled, result.tensor)


def _axes(node: Node) -> set[int]:
    """Return the axes, counted from the front; empty if all of them are meant."""
    axes = arguments(node)["dim"] or []
    return {axis % 4 for axis in axes}
