"""AVERAGE_POOL_2D."""

from __future__ import annotations

import numpy as np

from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.average_pool import AveragePool
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.recipes import mean_multiplier
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value
from isomac.importers.tflite.windows import windows

#: Most output pixels, each of which has constants of its own, and most pixels of a window.
_PIXELS_MAX = 1 << 20


@operator("AVERAGE_POOL_2D", version=3, options="Pool2DOptions")
def average_pool(call: Call) -> Value:
    """The mean of the bytes in windows; padding does not count."""
    call.require_same_quantization(0)
    channels, height, width = call.map_shape()
    kernel = call.options["FilterHeight"], call.options["FilterWidth"]
    found = windows(call.options, (height, width), kernel)
    call.require_output((1, *found.size, channels))
    if kernel[0] * kernel[1] > _PIXELS_MAX or found.size[0] * found.size[1] > _PIXELS_MAX:
        raise UnfitError(f"its kernel and its output must have at most {_PIXELS_MAX} pixels")
    value = call.map()
    fields = {"rounding": "single", "centered": False, **call.clamp()}
    shape = channels, *found.size
    if found.valid:
        multiplier, shift = mean_multiplier(kernel[0] * kernel[1])
        return call.emit(
            AveragePool,
            [value],
            shape,
            kernel=kernel,
            stride=found.stride,
            padding=found.padding,
            multiplier=multiplier,
            shift=shift,
            **fields,
        )
    rows, columns = (
        _spans(size, count, extent, stride, before)
        for size, count, extent, stride, before in zip(
            (height, width), found.size, kernel, found.stride, found.padding[:2], strict=True
        )
    )
    heights, widths = ([stop - start for start, stop in spans] for spans in (rows, columns))
    pixels = np.outer(heights, widths)
    call.budget.take(4 * pixels.size, 0)
    distinct, where = np.unique(pixels, return_inverse=True)
    constants = np.array([mean_multiplier(count) for count in distinct.tolist()], np.int64)
    multiplier, shift = np.moveaxis(constants[where.reshape(pixels.shape)], -1, 0)
    return call.emit(
        AdaptiveAveragePool,
        [value],
        shape,
        rows=rows,
        columns=columns,
        multiplier=multiplier.copy(),
        shift=shift.copy(),
        **fields,
    )


def _spans(
    size: int, count: int, extent: int, stride: int, before: int
) -> tuple[tuple[int, int], ...]:
    """Return (start, stop) of each window, within the map."""
    starts = (index * stride - before for index in range(count))
    return tuple((max(0, start), min(size, start + extent)) for start in starts)
