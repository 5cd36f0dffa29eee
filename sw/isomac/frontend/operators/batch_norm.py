"""batch_norm with running statistics: a factor and an offset for each channel."""

from typing import Any

import torch
from torch.fx import GraphModule, Node

from isomac.frontend.handler import Handler, Overload, handles, operator_of
from isomac.frontend.naming import NAME_KEY, readable_name
from isomac.frontend.nodes import (
    add_constant,
    arguments,
    constant,
    full_shape,
    is_constant,
    remove,
    shape,
)

_CONV2D = torch.ops.aten.conv2d.default
_LINEAR = torch.ops.aten.linear.default
_RESHAPE = torch.ops.aten.reshape.default


@handles(torch.ops.aten.batch_norm.default)
class BatchNorm(Handler):
    """Folded into the weights before or behind it, or made a depthwise 1x1 convolution.

    In real numbers each of them computes the same.
    """

    title = "batch_norm in evaluation mode"

    def rewrite(self, module: GraphModule, node: Node) -> None:
        if self.refuse(node) is not None:
            return
        factor, offset = _factor_and_offset(module, node)
        producer = arguments(node)["input"]
        if _has_weights(producer) and len(producer.users) == 1:
            _fold_into_producer(module, producer, factor, offset)
            remove(node, producer)
            return
        readers = list(node.users)
        if len(readers) == 1 and readers[0].target is _LINEAR and _has_weights(readers[0]):
            _fold_into_linear(module, readers[0], factor, offset)
            remove(node, producer)
            return
        _replace_by_depthwise(module, node, factor, offset)

    def refuse(self, node: Node) -> str | None:
        values = arguments(node)
        if values["training"]:
            return "in training mode it depends on the batch; export the network after .eval()"
        names = ("weight", "bias", "running_mean", "running_var")
        if values["running_mean"] is None or values["running_var"] is None:
            return "without running statistics it depends on the batch"
        if not all(is_constant(values[name]) for name in names if values[name] is not None):
            return "its weights and statistics must be parameters of the network"
        if len(full_shape(node)) not in (2, 4):
            return f"the input must be a map or a vector, not of shape {shape(node)}"
        return None


def _has_weights(node: Node) -> bool:
    operator = operator_of(node)
    return operator is not None and operator.weighted and operator.refuse(node) is None


def _factor_and_offset(module: GraphModule, node: Node) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what each channel is multiplied by, and what is added then, float64 (C) each."""
    values = arguments(node)
    mean, variance = (_double(module, values[name]) for name in ("running_mean", "running_var"))
    factor = torch.rsqrt(variance + values["eps"])
    if values["weight"] is not None:
        factor = factor * _double(module, values["weight"])
    offset = -mean * factor
    if values["bias"] is not None:
        offset = offset + _double(module, values["bias"])
    return factor, offset


def _fold_into_producer(
    module: GraphModule, producer: Node, factor: torch.Tensor, offset: torch.Tensor
) -> None:
    """Let the output channels of `producer` be multiplied by the factor and shifted."""
    values = arguments(producer)
    weight = _double(module, values["weight"])
    bias = offset
    if values["bias"] is not None:
        bias = _double(module, values["bias"]) * factor + offset
    scaled = weight * factor.reshape(-1, *[1] * (weight.ndim - 1))
    _set_constants(module, producer, scaled, bias)


def _fold_into_linear(
    module: GraphModule, linear: Node, factor: torch.Tensor, offset: torch.Tensor
) -> None:
    """Let the inputs of `linear` be multiplied by the factor and shifted."""
    values = arguments(linear)
    weight = _double(module, values["weight"])
    bias = weight @ offset
    if values["bias"] is not None:
        bias = bias + _double(module, values["bias"])
    _set_constants(module, linear, weight * factor, bias)


def _set_constants(
    module: GraphModule, node: Node, weight: torch.Tensor, bias: torch.Tensor
) -> None:
    values = arguments(node)
    values["weight"] = add_constant(module, node, weight.to(torch.float32), "weight")
    values["bias"] = add_constant(module, node, bias.to(torch.float32), "bias")
    node.args, node.kwargs = tuple(values.values()), {}


def _replace_by_depthwise(
    module: GraphModule, node: Node, factor: torch.Tensor, offset: torch.Tensor
) -> None:
    """Put a depthwise convolution with a 1x1 kernel in the place of `node`."""
    channels = len(factor)
    kernel = factor.to(torch.float32).reshape(channels, 1, 1, 1)
    weight = add_constant(module, node, kernel, "weight")
    bias = add_constant(module, node, offset.to(torch.float32), "bias")
    operand, value = arguments(node)["input"], node.meta["val"]
    is_vector = value.ndim == 2
    if is_vector:
        value = value[:, :, None, None]
        operand = _insert(node, _RESHAPE, (operand, [-1, channels, 1, 1]), value)
    geometry = ([1, 1], [0, 0], [1, 1], channels)
    result = _insert(node, _CONV2D, (operand, weight, bias, *geometry), value)
    if is_vector:
        result = _insert(node, _RESHAPE, (result, [-1, channels]), node.meta["val"])
    remove(node, result)


def _insert(node: Node, target: Overload, args: tuple[Any, ...], value: torch.Tensor) -> Node:
    """Return a new node before `node`, which appears as a part of it in names and messages."""
    with node.graph.inserting_before(node):
        new = node.graph.call_function(target, args)
    new.meta.update(node.meta)
    new.meta["val"] = value
    if target is not _CONV2D:
        new.meta[NAME_KEY] = f"{readable_name(node)}.reshape"
    return new


def _double(module: GraphModule, node: Node) -> torch.Tensor:
    return constant(module, node).to(torch.float64)
