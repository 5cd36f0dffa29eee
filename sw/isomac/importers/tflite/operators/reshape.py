"""RESHAPE and SQUEEZE: the same bytes; what reads them says in which shape."""

from __future__ import annotations

from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value


@operator("RESHAPE", version=1, operands=(1, 2))
def reshape(call: Call) -> Value:
    """The shape of the result must be the one that the operator asks for."""
    if call.has(1):
        wanted = call.tensor(1).constant("INT32").reshape(-1).tolist()
        shape = call.output.shape
        fits = len(wanted) == len(shape) and all(
            size in (-1, real) for size, real in zip(wanted, shape, strict=True)
        )
        if not fits:
            raise UnfitError(f"it asks for the shape {wanted}, and its output has {list(shape)}")
    return _renamed(call)


@operator("SQUEEZE", version=2)
def squeeze(call: Call) -> Value:
    """Axes of size 1 disappear."""
    if [size for size in call.tensor().shape if size != 1] != [
        size for size in call.output.shape if size != 1
    ]:
        raise UnfitError(
            f"it turns the shape {list(call.tensor().shape)} into {list(call.output.shape)}"
        )
    return _renamed(call)


def _renamed(call: Call) -> Value:
    if call.tensor().elements != call.output.elements:
        raise UnfitError(
            f"its output {list(call.output.shape)} must hold as many values as its input"
            f" {list(call.tensor().shape)}"
        )
    call.require_same_quantization(0)
    return call.alias(call.value())
