"""RELU, RELU6 and RELU_N1_TO_1 that stand alone."""

from __future__ import annotations

from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.operators.clamp import Clamp
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.recipes import clamp_range
from isomac.importers.tflite.rescale import rescale
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value

_BOUNDS: dict[str, tuple[float, float | None]] = {
    "RELU": (0.0, None),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}


@operator("RELU", "RELU6", "RELU_N1_TO_1", version=3, elementwise=True)
def activation(call: Call) -> Value:
    """A clamp, with a change of scale where the output has another one."""
    call.require_output(call.tensor().shape)
    entry, output = call.affine(), call.output_affine
    quant_min, quant_max = clamp_range(*_BOUNDS[call.operator.code], output)
    value = call.value()
    if entry != output:
        if call.kernels == "tflm" and call.operator.code == "RELU6":
            raise UnfitError(
                "TFLite Micro's RELU6 ignores that its output has another scale: there are no"
                " results of it to follow"
            )
        # The kernel divides in float32.
        return rescale(call, value, float(entry.scale / output.scale), quant_min, quant_max)
    if (quant_min, quant_max) == (INT8_MIN, INT8_MAX):
        return call.alias(value)
    return call.emit(Clamp, [value], quant_min=quant_min, quant_max=quant_max)
