"""From the quantize/dequantize graph of torchao to the integer graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.fx import GraphModule, Node

from isomac.errors import GraphError, IsomacError
from isomac.frontend.fusion import is_folded
from isomac.frontend.handler import Activation, operator_of
from isomac.frontend.naming import describe, readable_name, source
from isomac.frontend.nodes import constant, inputs, outputs, shape
from isomac.frontend.pt2e import QUANTIZE
from isomac.graph.graph import Graph
from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.tensor import Tensor
from isomac.lowering.builder import Builder, Result, Site

#: The key in the meta of a quantize node under which the name of its tensor is left.
TENSOR_KEY = "isomac_tensor"


class Lowering:
    """The integer graph while it grows.

    Parameters
    ----------
    converted
        The quantize/dequantize graph: every value is quantized once, right behind the operation
        that produces it and the activations folded into that.
    multiplier_bits
        Width of the multipliers.
    """

    def __init__(self, converted: GraphModule, multiplier_bits: int) -> None:
        self._converted = converted
        self._builder = Builder(multiplier_bits)

    def graph(self, name: str) -> Graph:
        """Lower every node, and return the verified graph.

        Raises
        ------
        IsomacError
            If a ratio of scales or a sum leaves the range the hardware has for it.
        """
        converted = self._converted.graph
        borders = [
            self._new_tensor(_only_user(node), node.name, shape(node)) for node in inputs(converted)
        ]
        for node in converted.nodes:
            operator = operator_of(node)
            if operator is None or is_folded(node):
                continue
            try:
                operator.lower(node, self)
            except GraphError as error:
                raise IsomacError(
                    f"{describe(node)} cannot be quantized, since its constants and results differ"
                    f" too much in size: {error}"
                ) from error
        return self._builder.graph(
            name, borders, [self.operand(node) for node in outputs(converted)]
        )

    def at(self, node: Node) -> Site:
        """Return where the operations of `node` are appended."""
        return Site(self._builder, source(node))

    def operand(self, node: Node) -> Tensor:
        """Return the tensor that an operation reads through the dequantize node `node`."""
        (quantize,) = node.all_input_nodes
        return self._builder.find(quantize.meta[TENSOR_KEY])

    def constant(self, node: Node) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
        """Return integers and scales float64 (O) of the constant that `node` dequantizes."""
        values, scales = node.all_input_nodes[:2]
        integers: npt.NDArray[Any] = constant(self._converted, values).numpy()
        return integers, constant(self._converted, scales).to(torch.float64).numpy()

    def result(self, node: Node) -> Result:
        """Return where the operation that `node` stands for writes to."""
        activations: list[Node] = []
        user = _only_user(node)
        while user.target is not QUANTIZE:
            activations.append(user)
            user = _only_user(user)
        tensor = self._new_tensor(user, readable_name(node), shape(node))
        quant_min, quant_max = INT8_MIN, INT8_MAX
        for activation in activations:
            low, high = clamp_bounds(activation, tensor)
            quant_min, quant_max = (min(max(end, low), high) for end in (quant_min, quant_max))
        return Result(tensor, quant_min, quant_max)

    def _new_tensor(self, quantize: Node, name: str, shape: tuple[int, ...]) -> Tensor:
        scale, zero_point = quantize.args[1:3]
        assert isinstance(scale, float)
        assert isinstance(zero_point, int)
        tensor = self._builder.tensor(name, shape, scale, zero_point)
        quantize.meta[TENSOR_KEY] = tensor.name
        return tensor


def clamp_bounds(activation: Node, tensor: Tensor) -> tuple[int, int]:
    """Return the bounds of an activation in the steps of `tensor`, rounded as torchao rounds.

    Quantization is monotone, so that clamping after it is the same as clamping before.
    """
    operator = operator_of(activation)
    assert isinstance(operator, Activation)
    real = torch.tensor(operator.bounds(activation), dtype=torch.float32)
    low, high = QUANTIZE(
        real, tensor.scale, tensor.zero_point, INT8_MIN, INT8_MAX, torch.int8
    ).tolist()
    # PyTorch lets the upper bound win where the two are in the wrong order.
    return min(low, high), high


def _only_user(node: Node) -> Node:
    (user,) = node.users
    return user
