"""FULLY_CONNECTED."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.layout import Order, graph_shape
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value
from isomac.importers.tflite.weights import bias, rescaling, weight


@operator("FULLY_CONNECTED", version=14, operands=(2, 3), options="FullyConnectedOptions")
def fully_connected(call: Call) -> Value:
    """A linear layer; over each pixel, if the weight has as many inputs as the map has channels."""
    if call.options["WeightsFormat"] != 0:
        raise UnfitError("its weights must be in the default format")
    values = weight(call, rank=2, output_axis=0)
    outputs, inputs = values.shape
    shape = call.tensor().shape
    elements = call.tensor().elements
    if elements % inputs or (elements != inputs and shape[-1] != inputs):
        raise UnfitError(f"its weight {list(values.shape)} does not fit its input {list(shape)}")
    if call.options["KeepNumDims"]:
        if shape[-1] != inputs:
            raise UnfitError(
                f"its weight {list(values.shape)} does not fit its input {list(shape)}"
            )
        call.require_output((*shape[:-1], outputs))
    else:
        call.require_output((elements // inputs, outputs))
    if elements == inputs:
        return _linear(call, values)
    return _pointwise(call, values)


def _once(call: Call) -> bool:
    """Whether the kernel multiplies in double, as LiteRT's does; TFLite Micro's rounds twice."""
    return call.kernels == "litert"


def _linear(call: Call, values: npt.NDArray[np.int8]) -> Value:
    """A layer over all values; its weights and its outputs in the orders of the graph."""
    value = call.vector()
    order = call.wanted or Order.of([(len(values), 1)])
    biases = bias(call, len(values))
    # Constants are found in the order of the file, and then put where the graph has the outputs.
    fields = rescaling(call, values, biases, axis=0, rounded_once=_once(call))
    for name in ("bias", "multiplier", "shift"):
        fields[name] = order.to_graph(fields[name])
    by_input = value.order.to_graph(values)
    turned = by_input if order.plain else order.to_graph(by_input.T).T.copy()
    return call.emit(Linear, [value], (len(values),), order, weight=turned, **fields)


def _pointwise(call: Call, values: npt.NDArray[np.int8]) -> Value:
    """The same layer at each pixel: a convolution with a kernel of one pixel."""
    shape = graph_shape(call.tensor().shape)
    value = call.emitter.map(call.operand(), shape)
    outputs, inputs = values.shape
    return call.emit(
        Convolution,
        [value],
        (outputs, *shape[1:]),
        weight=values.reshape(outputs, inputs, 1, 1),
        **rescaling(call, values, bias(call, outputs), axis=0, rounded_once=_once(call)),
        stride=(1, 1),
        dilation=(1, 1),
        padding=(0, 0, 0, 0),
        groups=1,
    )
