"""QUANTIZE between int8 and int8 or uint8; what stands at a float border is read by the walk."""

from __future__ import annotations

from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.rescale import rescale
from isomac.importers.tflite.values import Value


@operator("QUANTIZE", version=4, elementwise=True)
def quantize(call: Call) -> Value:
    """A change of scale; none where only the type changes."""
    call.require_output(call.tensor().shape)
    entry, output = call.affine(), call.output.affine()
    value = call.any_value()
    if entry == output:
        return call.alias(value)
    ratio = float(entry.scale) / float(output.scale)
    return rescale(call, value, ratio, INT8_MIN, INT8_MAX)
