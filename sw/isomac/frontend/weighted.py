"""What convolutions and linear layers have in common: weights, a bias, a rescaling per channel."""

from typing import Any

import numpy as np
from torch.fx import Node

from isomac.frontend.annotations import Annotations
from isomac.frontend.handler import Operator
from isomac.frontend.lowering import Lowering, Result
from isomac.frontend.nodes import arguments, is_constant
from isomac.graph.tensor import Tensor


class Weighted(Operator):
    """An operator with the arguments `input`, `weight` and, perhaps, `bias`."""

    weighted = True
    clamps = True

    def refuse(self, node: Node) -> str | None:
        values = arguments(node)
        constants = (
            [values["weight"]] if values["bias"] is None else [values[k] for k in _CONSTANTS]
        )
        if not all(is_constant(value) for value in constants):
            return "weight and bias must be parameters of the network"
        return None

    def annotate(self, node: Node, annotations: Annotations) -> None:
        super().annotate(node, annotations)
        values = arguments(node)
        annotations.weights(node, values["input"], values["weight"], values["bias"])


_CONSTANTS = ("weight", "bias")


def constant_fields(
    node: Node, lowering: Lowering, operand: Tensor, result: Result
) -> dict[str, Any]:
    """Return the fields that every operation with weights has, but for its geometry.

    That is weight int8, bias int32 (O), multiplier and shift int64 (O), and the clamp.
    """
    values = arguments(node)
    weight, scales = lowering.constant(values["weight"])
    bias = np.zeros(len(weight), np.int32)
    if values["bias"] is not None:
        bias, _ = lowering.constant(values["bias"])
    multiplier, shift = lowering.rescale_channels(operand.scale * scales / result.tensor.scale)
    return {
        "weight": weight,
        "bias": bias,
        "multiplier": multiplier,
        "shift": shift,
        "quant_min": result.quant_min,
        "quant_max": result.quant_max,
    }
