"""Which values of the network get quantization parameters, and which share them."""

from __future__ import annotations

import torch
from torch.fx import Node

from isomac.frontend.fusion import is_absorbing
from isomac.frontend.observers import ACTIVATION, WEIGHT
from isomac.frontend.pt2e import (
    DerivedQuantizationSpec,
    FixedQParamsQuantizationSpec,
    ObserverBase,
    QuantizationAnnotation,
    QuantizationSpecBase,
    SharedQuantizationSpec,
)

#: The key under which torchao looks for annotations.
_KEY = "quantization_annotation"

#: Range of a quantized bias.
_INT32 = torch.iinfo(torch.int32)


class Annotations:
    """Collects what the operators say about their results; `write` hands it to torchao.

    Every value is quantized where it is produced, and nowhere else. Values that share their
    parameters form groups, which grow while `share` is called. torchao gets each group as one
    leader, its first value, to which all others refer directly, so that no chain of references can
    form.
    """

    def __init__(self) -> None:
        self._leaders: dict[Node, Node] = {}
        self._fixed: dict[Node, FixedQParamsQuantizationSpec] = {}
        self._constants: dict[Node, dict[Node, QuantizationSpecBase | None]] = {}

    def own(self, node: Node) -> None:
        """Quantize `node` with parameters of its own, unless an activation is folded into it."""
        if not is_absorbing(node):
            self._leaders.setdefault(node, node)

    def share(self, node: Node, *others: Node) -> None:
        """Quantize `node` with the parameters of `others`, which then share them too."""
        self._leaders.setdefault(node, node)
        for other in others:
            first, second = self._leader(other), self._leader(node)
            self._leaders[second] = first

    def fix(self, node: Node, scale: float, zero_point: int) -> None:
        """Quantize `node` with these parameters."""
        self._leaders.setdefault(node, node)
        self._fixed[node] = FixedQParamsQuantizationSpec(
            dtype=torch.int8,
            scale=scale,
            zero_point=zero_point,
            quant_min=-128,
            quant_max=127,
            qscheme=torch.per_tensor_affine,
        )

    def weights(self, node: Node, activation: Node, weight: Node, bias: Node | None) -> None:
        """Quantize weight and bias of `node`, which reads `activation`.

        The weight is int8, symmetric, for each output channel; the bias int32 with the product of
        the scales of activation and weight.
        """
        specs: dict[Node, QuantizationSpecBase | None] = {weight: WEIGHT}
        if bias is not None:
            specs[bias] = DerivedQuantizationSpec(
                derived_from=[activation, (weight, node)],
                derive_qparams_fn=_bias_parameters,
                dtype=torch.int32,
                quant_min=_INT32.min,
                quant_max=_INT32.max,
                qscheme=torch.per_channel_symmetric,
                ch_axis=0,
            )
        self._constants[node] = specs

    def write(self, nodes: list[Node]) -> None:
        """Annotate `nodes`, which are in topological order, for torchao."""
        first: dict[Node, Node] = {}
        for node in nodes:
            output: QuantizationSpecBase | None = None
            if node in self._leaders:
                leader = first.setdefault(self._leader(node), node)
                output = SharedQuantizationSpec(leader)
                if leader is node:
                    output = self._fixed.get(node, ACTIVATION)
            # Weights that two layers have in common must not become one: their biases stand on
            # different scales.
            node.meta[_KEY] = QuantizationAnnotation(
                input_qspec_map=self._constants.get(node, {}),
                output_qspec=output,
                allow_implicit_sharing=False,
                _annotated=True,
            )

    def _leader(self, node: Node) -> Node:
        while self._leaders[node] is not node:
            node = self._leaders[node]
        return node


def _bias_parameters(observers: list[ObserverBase]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return scale float32 (O) and zero point int64 (O) of a bias."""
    activation, weight = observers
    scale = activation.calculate_qparams()[0] * weight.calculate_qparams()[0]
    return scale, torch.zeros_like(scale, dtype=torch.int64)
