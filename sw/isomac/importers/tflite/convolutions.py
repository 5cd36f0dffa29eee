"""What CONV_2D and DEPTHWISE_CONV_2D have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isomac.graph.operators.convolution import Convolution
from isomac.importers.tflite.call import Call
from isomac.importers.tflite.values import Value
from isomac.importers.tflite.weights import bias, rescaling
from isomac.importers.tflite.window_input import window_input


def emit_convolution(call: Call, values: npt.NDArray[np.int8], *, axis: int, groups: int) -> Value:
    """Append a convolution.

    Parameters
    ----------
    values
        int8 (O, I / groups, kh, kw).
    axis
        Of the output channels in the file.
    groups
        Number of groups.
    """
    outputs, _, height, width = values.shape
    value, windows = window_input(call, (height, width), border=call.affine().zero_point)
    call.require_output((1, *windows.size, outputs))
    return call.emit(
        Convolution,
        [value],
        (outputs, *windows.size),
        weight=values,
        **rescaling(call, values, bias(call, outputs), axis=axis),
        stride=windows.stride,
        dilation=windows.dilation,
        padding=windows.padding,
        groups=groups,
    )
