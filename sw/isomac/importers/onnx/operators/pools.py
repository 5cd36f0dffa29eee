"""MaxPool, AveragePool, their global forms, and ReduceMean over the map."""

from __future__ import annotations

import numpy as np

from isomac.importers.onnx.call import Call, Value, operator
from isomac.importers.onnx.values.moves import Largest, View
from isomac.importers.onnx.values.sums import Average
from isomac.importers.onnx.windows import output_size, window_padding

#: Most output pixels of an average pool: each may have a divisor of its own.
_PIXELS_MAX = 1 << 20


@operator("MaxPool")
def max_pool(call: Call) -> Value:
    """The maximum of windows."""
    value = call.map()
    kernel = call.node.pair("kernel_shape", None)
    stride, dilation = call.node.pair("strides", (1, 1)), call.node.pair("dilations", (1, 1))
    padding = window_padding(call, value.shape, kernel, stride, dilation)
    ceil = bool(call.node.integer("ceil_mode", 0))
    sizes = [
        output_size(call, value.shape, kernel, stride, dilation, padding, axis, ceil=ceil)
        for axis in (0, 1)
    ]
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    # Whatever ceil_mode did, the last window tells how far the map must be padded behind.
    after = [
        max(0, (sizes[axis] - 1) * stride[axis] + extents[axis] - size - padding[axis])
        for axis, size in enumerate(value.shape[1:])
    ]
    if any(max(padding[axis], after[axis]) >= extents[axis] for axis in (0, 1)):
        raise call.refuse("its padding must be smaller than its kernel")
    before = padding[0], padding[1]
    return Largest(
        call.node,
        (value.shape[0], sizes[0], sizes[1]),
        (value,),
        kernel,
        stride,
        dilation,
        (*before, after[0], after[1]),
    )


@operator("GlobalMaxPool")
def global_max_pool(call: Call) -> Value:
    """The maximum of each channel."""
    value = call.map()
    channels, height, width = value.shape
    size = height, width
    return Largest(call.node, (channels, 1, 1), (value,), size, size, (1, 1), (0, 0, 0, 0))


@operator("AveragePool")
def average_pool(call: Call) -> Value:
    """The mean of windows, with or without the padding."""
    shape = call.map().shape
    operand = call.stored(0)
    kernel = call.node.pair("kernel_shape", None)
    stride = call.node.pair("strides", (1, 1))
    if call.node.pair("dilations", (1, 1)) != (1, 1):
        raise call.refuse("a dilation is not supported")
    padding = window_padding(call, shape, kernel, stride, (1, 1))
    ceil = bool(call.node.integer("ceil_mode", 0))
    rows, columns = (
        output_size(call, shape, kernel, stride, (1, 1), padding, axis, ceil=ceil)
        for axis in (0, 1)
    )
    if rows * columns > _PIXELS_MAX:
        raise call.refuse(f"more than {_PIXELS_MAX} windows are not supported")
    spans, counts = [], []
    for axis, count in enumerate((rows, columns)):
        starts = [i * stride[axis] - padding[axis] for i in range(count)]
        spans.append(tuple((start, start + kernel[axis]) for start in starts))
        low, high = 0, shape[axis + 1]
        if any(start >= high or stop <= 0 for start, stop in spans[axis]):
            raise call.refuse("its padding must be smaller than its kernel")
        if call.node.integer("count_include_pad", 0):
            low, high = -padding[axis], high + padding[axis + 2]
        counts.append([min(stop, high) - max(start, low) for start, stop in spans[axis]])
    call.emitter.spend(call.node, 24 * rows * columns)
    divisors = np.outer(np.array(counts[0], np.int64), np.array(counts[1], np.int64))
    return Average(call.node, (shape[0], rows, columns), operand, spans[0], spans[1], divisors)


@operator("GlobalAveragePool")
def global_average_pool(call: Call) -> Value:
    """The mean of each channel."""
    return _mean(call, {2, 3})


@operator("ReduceMean")
def reduce_mean(call: Call) -> Value:
    """The mean over height, width or both."""
    value = call.map()
    axes = call.node.integers("axes", None)
    if axes is None:
        axes = call.integers(1, "its axes")
    chosen = {axis % 4 for axis in axes or [] if -4 <= axis < 4}
    if not chosen or not chosen <= {2, 3} or len(chosen) != len(axes or []):
        raise call.refuse(f"the axes must be height and width of a map, not {axes}")
    mean = _mean(call, chosen)
    if call.node.integer("keepdims", 1):
        return mean
    shape = value.shape[:1] + tuple(value.shape[axis - 1] for axis in (2, 3) if axis not in chosen)
    return View(call.node, shape, (mean,))


def _mean(call: Call, axes: set[int]) -> Average:
    channels, *size = call.map().shape
    operand = call.stored(0)
    spans = [
        ((0, extent),) if axis in axes else tuple((i, i + 1) for i in range(extent))
        for axis, extent in ((2, size[0]), (3, size[1]))
    ]
    pixels = int(np.prod([extent for axis, extent in ((2, size[0]), (3, size[1])) if axis in axes]))
    shape = channels, len(spans[0]), len(spans[1])
    if shape[1] * shape[2] > _PIXELS_MAX:
        raise call.refuse(f"more than {_PIXELS_MAX} windows are not supported")
    call.emitter.spend(call.node, 24 * shape[1] * shape[2])
    divisors = np.full(shape[1:], pixels, np.int64)
    return Average(call.node, shape, operand, spans[0], spans[1], divisors)
