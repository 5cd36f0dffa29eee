"""DEQUANTIZE at the end of the network."""

from __future__ import annotations

from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value


@operator("DEQUANTIZE", version=6, elementwise=True)
def dequantize(call: Call) -> Value:
    """The bytes as they are: whoever reads the output makes real numbers of them."""
    call.require_output(call.tensor().shape)
    if call.output.kind != "FLOAT32":
        raise UnfitError(f"its output {call.output.name!r} must be float32")
    call.affine()
    return call.alias(call.any_value())
