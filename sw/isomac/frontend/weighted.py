"""What convolutions and linear layers have in common: weights, a bias, a rescaling per channel."""

from torch.fx import Node

from isomac.frontend.annotations import Annotations
from isomac.frontend.handler import Operator
from isomac.frontend.lowering import Lowering
from isomac.frontend.nodes import arguments, is_constant
from isomac.lowering.weighted import Weights


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


def constants(node: Node, lowering: Lowering) -> Weights:
    """Return weights and bias as calibration quantized them."""
    values = arguments(node)
    weight, scales = lowering.constant(values["weight"])
    bias = None if values["bias"] is None else lowering.constant(values["bias"])[0]
    return Weights(weight, scales, bias)
