"""MAX_POOL_2D."""

from __future__ import annotations

from isomac.graph.limits import INT8_MIN
from isomac.graph.operators.max_pool import MaxPool
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.values import Value
from isomac.importers.tflite.window_input import window_input


@operator("MAX_POOL_2D", version=3, options="Pool2DOptions")
def max_pool(call: Call) -> Value:
    """The maximum of windows."""
    call.require_same_quantization(0)
    channels, _, _ = call.map_shape()
    kernel = call.options["FilterHeight"], call.options["FilterWidth"]
    value, windows = window_input(call, kernel, border=INT8_MIN)
    call.require_output((1, *windows.size, channels))
    return call.emit(
        MaxPool,
        [value],
        (channels, *windows.size),
        kernel=windows.kernel,
        stride=windows.stride,
        dilation=(1, 1),
        padding=windows.padding,
        **call.clamp(),
    )
