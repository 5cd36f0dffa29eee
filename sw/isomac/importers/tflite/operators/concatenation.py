"""CONCATENATION."""

from __future__ import annotations

from isomac.graph.operators.concatenate import Concatenate
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.layout import Order
from isomac.importers.tflite.structure import OPERANDS_MAX
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value


@operator("CONCATENATION", version=4, options="ConcatenationOptions", operands=(1, OPERANDS_MAX))
def concatenation(call: Call) -> Value:
    """Channels of maps, or features of vectors, side by side."""
    count, rank = len(call.tensors), len(call.output.shape)
    if any(len(call.tensor(position).shape) != rank for position in range(count)):
        raise UnfitError("its operands must have as many axes as its output")
    axis = call.options["Axis"]
    if axis not in (-1, rank - 1):
        raise UnfitError(f"it joins along axis {axis}; the channels, axis {rank - 1}, are accepted")
    if call.options["FusedActivationFunction"] != 0:
        raise UnfitError("its fused activation must be NONE")
    call.require_same_quantization(*range(count))
    first = call.tensor(0).shape
    if any(call.tensor(position).shape[:-1] != first[:-1] for position in range(count)):
        raise UnfitError("its operands must differ along the last axis only")
    sizes = [call.tensor(position).shape[-1] for position in range(count)]
    call.require_output((*first[:-1], sum(sizes)))
    values = [call.natural(position) for position in range(count)]
    if count == 1:
        return call.alias(values[0])
    shapes = [value.tensor.shape for value in values]
    channels = sum(shape[0] for shape in shapes)
    if len(shapes[0]) == 1:
        order = Order.of(block for value in values for block in value.order.blocks)
        return call.emit(Concatenate, values, (channels,), order)
    return call.emit(Concatenate, values, (channels, *shapes[0][1:]))
