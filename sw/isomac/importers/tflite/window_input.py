"""The operand of a sliding window, with the border around it where the window can pad by itself."""

from __future__ import annotations

from isomac.importers.tflite.call import Call
from isomac.importers.tflite.values import Value
from isomac.importers.tflite.windows import Windows, framed_windows, windows


def window_input(call: Call, kernel: tuple[int, int], border: int) -> tuple[Value, Windows]:
    """Return the map that is read, and the windows over it.

    A PAD before the operator becomes padding of the operator.

    Parameters
    ----------
    kernel
        (y, x).
    border
        The byte that the operator's padding reads as.
    """
    _, *size = call.map_shape()
    value = call.operand()
    frame = value.frame
    if frame is not None and frame.value == border:
        _, height, width = value.tensor.shape
        found = framed_windows(call.options, (height, width), kernel, frame.padding)
        if found is not None:
            return value, found
    return call.map(), windows(call.options, (size[0], size[1]), kernel)
