"""From the quantize/dequantize graph of torchao to the integer graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.fx import GraphModule, Node

from isomac.errors import GraphError, IsomacError
from isomac.frontend.fusion import is_folded
from isomac.frontend.handler import Activation, operator_of
from isomac.frontend.naming import Names, describe, readable_name, source
from isomac.frontend.nodes import constant, inputs, outputs, shape
from isomac.frontend.pt2e import QUANTIZE
from isomac.graph.graph import Graph
from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.operation import Operation
from isomac.graph.rescale_constants import rescale_constants
from isomac.graph.tensor import Tensor
from isomac.graph.verify import verify

#: The key in the meta of a quantize node under which the name of its tensor is left.
TENSOR_KEY = "isomac_tensor"


@dataclass(frozen=True)
class Result:
    """Where an operation writes: the tensor, and the clamp that folded activations leave."""

    tensor: Tensor
    quant_min: int
    quant_max: int


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
        self.multiplier_bits = multiplier_bits
        self._converted = converted
        self._names = Names()
        self._tensors: dict[str, Tensor] = {}
        self._operations: list[Operation] = []

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
        graph = Graph(
            name=name,
            tensors=tuple(self._tensors.values()),
            operations=tuple(self._operations),
            inputs=tuple(tensor.name for tensor in borders),
            outputs=tuple(self.operand(node).name for node in outputs(converted)),
        )
        verify(graph)
        return graph

    def operand(self, node: Node) -> Tensor:
        """Return the tensor that an operation reads through the dequantize node `node`."""
        (quantize,) = node.all_input_nodes
        return self._tensors[quantize.meta[TENSOR_KEY]]

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

    def intermediate(self, name: str, shape: tuple[int, ...], like: Tensor) -> Tensor:
        """Return a new tensor, quantized `like` another, between two operations of one node."""
        tensor = Tensor(self._names.unique(name), shape, like.scale, like.zero_point)
        self._tensors[tensor.name] = tensor
        return tensor

    def rescale(self, ratio: float) -> tuple[int, int]:
        """Return multiplier and shift for a ratio of scales."""
        return rescale_constants(float(ratio), self.multiplier_bits)

    def rescale_channels(
        self, ratios: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return multipliers and shifts, int64, in the shape of `ratios`."""
        constants = [self.rescale(ratio) for ratio in ratios.flat]
        multipliers, shifts = np.array(constants, np.int64).T
        return multipliers.reshape(ratios.shape), shifts.reshape(ratios.shape)

    def emit(
        self,
        kind: type[Operation],
        node: Node,
        operands: Sequence[Tensor],
        output: Tensor,
        **fields: Any,
    ) -> None:
        """Append an operation of the class `kind`, named after its output, with these `fields`."""
        self._operations.append(
            kind(
                name=output.name,
                inputs=tuple(operand.name for operand in operands),
                output=output.name,
                source=source(node),
                **fields,
            )
        )

    def _new_tensor(self, quantize: Node, name: str, shape: tuple[int, ...]) -> Tensor:
        scale, zero_point = quantize.args[1:3]
        assert isinstance(scale, float)
        assert isinstance(zero_point, int)
        tensor = Tensor(self._names.unique(name), shape, scale, zero_point)
        self._tensors[tensor.name] = tensor
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
