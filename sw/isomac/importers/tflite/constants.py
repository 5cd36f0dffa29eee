"""A constant operand of an elementwise operator."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isomac.importers.tflite.call import Call
from isomac.importers.tflite.layout import graph_shape
from isomac.importers.tflite.tensor import UnfitError


def operand_and_constant(call: Call) -> tuple[int, int] | None:
    """Return the positions of the computed and of the constant operand; None if both are computed.

    Raises
    ------
    UnfitError
        If the result has another shape than the computed operand.
    """
    constants = [position for position in (0, 1) if call.tensor(position).data is not None]
    if not constants:
        return None
    constant = constants[-1]
    call.require_output(call.tensor(1 - constant).shape)
    return 1 - constant, constant


def by_channel(call: Call, position: int) -> npt.NDArray[np.int64]:
    """Return a constant without its zero point: one number, or one for each channel in file order.

    Raises
    ------
    UnfitError
        If it differs from pixel to pixel.
    """
    tensor = call.tensor(position)
    call.budget.take(tensor.elements, 0)
    constant = tensor.constant("INT8")
    inner = graph_shape(call.output.shape)
    for axis in range(constant.ndim - 1 if len(inner) > 1 else 0):
        first = constant.take([0], axis=axis)
        if not (constant == first).all():
            raise UnfitError("its constant must be the same for all pixels of a map")
        constant = first
    values = constant.reshape(-1).astype(np.int64) - call.affine(position).zero_point
    if (values == values[0]).all():
        return values[:1]
    if values.size != inner[0]:
        raise UnfitError(
            f"its constant of the shape {list(tensor.shape)} does not fit {list(call.output.shape)}"
        )
    return values
