"""mean over the map: global average pooling."""

import torch
from torch.fx import Node

from isomac.frontend.handler import Operator, handles
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, full_shape
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.reshape import Reshape


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
        multiplier, shift = lowering.rescale(
            operand.scale / result.tensor.scale / (kernel[0] * kernel[1])
        )
        pooled = result.tensor
        if len(pooled.shape) == 1:
            pooled = lowering.intermediate(f"{pooled.name}.pool", (channels, 1, 1), pooled)
        lowering.emit(
            AveragePool,
            node,
            [operand],
            pooled,
            kernel=kernel,
            stride=kernel,
            padding=(0, 0, 0, 0),
            multiplier=multiplier,
            shift=shift,
            quant_min=result.quant_min,
            quant_max=result.quant_max,
        )
        if pooled is not result.tensor:
            lowering.emit(Reshape, node, [pooled], result.tensor)


def _axes(node: Node) -> set[int]:
    """Return the axes, counted from the front; empty if all of them are meant."""
    axes = arguments(node)["dim"] or []
    return {axis % 4 for axis in axes}
