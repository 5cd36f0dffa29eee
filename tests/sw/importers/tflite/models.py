"""Random models of one operator each, by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.sw.importers.tflite.writer import SAME, Draw, Writer

#: The model, and the number of images that it should be tried on.
Case = tuple[bytes, int]


def _span(size: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    extent = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == SAME else (size - extent) // stride + 1


def _windows(draw: Draw, kernel: int = 4) -> tuple[tuple[int, ...], ...]:
    """Map, kernel, stride and dilation with room for at least one window, (y, x) each."""
    size = draw.integer(5, 11), draw.integer(5, 11)
    kernels = draw.integer(1, kernel), draw.integer(1, kernel)
    stride = draw.integer(1, 3), draw.integer(1, 3)
    dilation = tuple(draw.integer(1, 2) if (k - 1) * 2 < 5 else 1 for k in kernels)
    return size, kernels, stride, dilation


def _weighted(draw: Draw, outputs: int, fan: int) -> tuple[float, object, float, object]:
    """Scales of input, weight and output that use the range of the output, and a bias."""
    per_channel = draw.integer(0, 1)
    entry = draw.scale(-4, 1)
    scales = [draw.scale(-4, 0) for _ in range(outputs if per_channel else 1)]
    reach = max(1.0, fan**0.5) * 73 * 73 / 60
    output = float(np.float32(entry * max(scales) * reach * 2.0 ** draw.rng.uniform(-3, 3)))
    if draw.integer(0, 2) == 0:
        # Sums that fall on halves.
        output = float(np.float32(2.0 ** round(np.log2(output))))
    span = int(min(2.0**30, reach * 128))
    bias = draw.rng.integers(-span, span + 1, outputs)
    return entry, scales, output, bias if draw.integer(0, 3) else None


def convolution(draw: Draw) -> Case:
    (h, w), (kh, kw), (sy, sx), (dy, dx) = _windows(draw)
    groups = int(draw.rng.choice([1, 1, 2]))
    inputs, outputs = groups * draw.integer(1, 4), groups * draw.integer(1, 4)
    padding = draw.same_or_valid()
    entry, scales, output, bias = _weighted(draw, outputs, kh * kw * inputs // groups)
    writer = Writer()
    x = writer.tensor([1, h, w, inputs], entry, draw.zero_point())
    shape = outputs, kh, kw, inputs // groups
    weight = writer.tensor(shape, scales, data=draw.bytes(shape))
    # The reference kernel of this operator wants a bias.
    bias = np.zeros(outputs) if bias is None else bias
    b = writer.tensor([outputs], scales, kind="INT32", data=bias)
    size = _span(h, kh, sy, dy, padding), _span(w, kw, sx, dx, padding)
    y = writer.tensor([1, *size, outputs], output, draw.zero_point())
    writer.operator(
        "CONV_2D",
        [x, weight, b],
        [y],
        "Conv2DOptions",
        padding=padding,
        strideH=sy,
        strideW=sx,
        dilationHFactor=dy,
        dilationWFactor=dx,
        fusedActivationFunction=draw.activation(),
    )
    return writer.finish([x], [y]), 24


def depthwise(draw: Draw) -> Case:
    (h, w), (kh, kw), (sy, sx), (dy, dx) = _windows(draw)
    sx = sy  # the kernel has one stride for both
    inputs, multiplier = draw.integer(1, 5), draw.integer(1, 3)
    outputs = inputs * multiplier
    padding = draw.same_or_valid()
    entry, scales, output, bias = _weighted(draw, outputs, kh * kw)
    writer = Writer()
    x = writer.tensor([1, h, w, inputs], entry, draw.zero_point())
    shape = 1, kh, kw, outputs
    weight = writer.tensor(shape, scales, data=draw.bytes(shape), axis=3)
    operands = [x, weight]
    if bias is not None:
        operands.append(writer.tensor([outputs], scales, kind="INT32", data=bias))
    size = _span(h, kh, sy, dy, padding), _span(w, kw, sx, dx, padding)
    y = writer.tensor([1, *size, outputs], output, draw.zero_point())
    writer.operator(
        "DEPTHWISE_CONV_2D",
        operands,
        [y],
        "DepthwiseConv2DOptions",
        padding=padding,
        strideH=sy,
        strideW=sx,
        depthMultiplier=multiplier,
        dilationHFactor=dy,
        dilationWFactor=dx,
        fusedActivationFunction=draw.activation(),
    )
    return writer.finish([x], [y]), 24


def fully_connected(draw: Draw) -> Case:
    shape = [
        [1, draw.integer(1, 40)],
        [1, draw.integer(1, 4), draw.integer(1, 4), draw.integer(1, 4)],
        [1, 3, 2, 4],
    ][kind := draw.integer(0, 2)]
    # The third reads each pixel by itself.
    inputs = 4 if kind == 2 else int(np.prod(shape))
    outputs = draw.integer(1, 12)
    keep = kind == 2 or (shape[-1] == inputs and draw.integer(0, 1) == 1)
    entry, scales, output, bias = _weighted(draw, outputs, inputs)
    writer = Writer()
    x = writer.tensor(shape, entry, draw.zero_point())
    weight = writer.tensor([outputs, inputs], scales, data=draw.bytes([outputs, inputs]))
    operands = [x, weight, -1]
    if bias is not None:
        biases = (np.float32(entry) * np.asarray(scales, np.float32)).tolist()
        operands[2] = writer.tensor([outputs], biases, kind="INT32", data=bias)
    rows = int(np.prod(shape)) // inputs
    y = writer.tensor(
        [*shape[:-1], outputs] if keep else [rows, outputs], output, draw.zero_point()
    )
    writer.operator(
        "FULLY_CONNECTED",
        operands,
        [y],
        "FullyConnectedOptions",
        keepNumDims=keep,
        fusedActivationFunction=draw.activation(),
    )
    return writer.finish([x], [y]), 96


def average_pool(draw: Draw) -> Case:
    return _pool(draw, "AVERAGE_POOL_2D")


def max_pool(draw: Draw) -> Case:
    return _pool(draw, "MAX_POOL_2D")


def _pool(draw: Draw, code: str) -> Case:
    (h, w), (kh, kw), (sy, sx), _ = _windows(draw, kernel=5)
    channels, padding = draw.integer(1, 4), draw.same_or_valid()
    scale, zero_point = draw.scale(), draw.zero_point()
    writer = Writer()
    x = writer.tensor([1, h, w, channels], scale, zero_point)
    size = _span(h, kh, sy, 1, padding), _span(w, kw, sx, 1, padding)
    y = writer.tensor([1, *size, channels], scale, zero_point)
    writer.operator(
        code,
        [x],
        [y],
        "Pool2DOptions",
        padding=padding,
        strideH=sy,
        strideW=sx,
        filterHeight=kh,
        filterWidth=kw,
        fusedActivationFunction=draw.activation(),
    )
    return writer.finish([x], [y]), 32


def mean(draw: Draw) -> Case:
    h, w, channels = draw.integer(1, 9), draw.integer(1, 9), draw.integer(1, 5)
    axes = [[1, 2], [2, 1], [-3, -2], [1], [2], [1, 1, 2]][draw.integer(0, 5)]
    keep = bool(draw.integer(0, 1))
    gone = {axis % 4 for axis in axes}
    shape = [1, h, w, channels]
    result = [1 if a in gone else size for a, size in enumerate(shape) if keep or a not in gone]
    writer = Writer()
    entry = draw.scale(-4, 1)
    x = writer.tensor(shape, entry, draw.zero_point())
    output = float(np.float32(entry * 2.0 ** draw.rng.uniform(-4, 2)))
    if draw.integer(0, 2) == 0:
        output = entry
    y = writer.tensor(result, output, draw.zero_point())
    writer.operator("MEAN", [x, writer.constant(axes)], [y], "ReducerOptions", keepDims=keep)
    return writer.finish([x], [y]), 48


def multiply(draw: Draw) -> Case:
    h, w, channels = draw.integer(1, 4), draw.integer(1, 4), draw.integer(1, 6)
    shape = [[1, h, w, channels], [1, channels]][draw.integer(0, 1)]
    constant = [[1], [channels], [1] * (len(shape) - 1) + [channels], []][draw.integer(0, 3)]
    entry, other = draw.scale(-4, 1), draw.scale(-4, 1)
    output = float(np.float32(entry * other * 2.0 ** draw.rng.uniform(-2, 9)))
    writer = Writer()
    x = writer.tensor(shape, entry, draw.zero_point())
    c = writer.tensor(constant, other, draw.zero_point(), data=draw.bytes(constant, -128))
    y = writer.tensor(shape, output, draw.zero_point())
    operands = [x, c] if draw.integer(0, 1) else [c, x]
    writer.operator("MUL", operands, [y], "MulOptions", fusedActivationFunction=draw.activation())
    return writer.finish([x], [y]), 260


def unary(code: str) -> Callable[[Draw], Case]:
    """A function of one value: the model reads all 256 bytes at once."""

    def build(draw: Draw) -> Case:
        entry = draw.scale(-4, 1)
        output, zero_point = draw.scale(-4, 1), draw.zero_point()
        x_zero_point = draw.zero_point()
        if code == "LOGISTIC":
            output = 1 / 256
        elif code != "TANH":
            output = float(np.float32(entry * 2.0 ** draw.rng.uniform(-4, 4)))
            if draw.integer(0, 3) == 0:
                output = entry
                zero_point = x_zero_point if draw.integer(0, 1) else zero_point
        writer = Writer()
        x = writer.tensor([1, 256], entry, x_zero_point)
        y = writer.tensor([1, 256], output, zero_point)
        # What changes nothing is no operation of the graph; a table behind it is.
        z = writer.tensor([1, 256], 1 / 256, -128)
        writer.operator(code, [x], [y])
        writer.operator("LOGISTIC", [y], [z])
        return writer.finish([x], [z]), 0

    return build


def softmax(draw: Draw) -> Case:
    channels = int(draw.rng.choice([1, 2, 3, 10, 100, 511]))
    shape = [[1, channels], [1, 2, 3, channels]][draw.integer(0, 1) if channels < 500 else 0]
    writer = Writer()
    x = writer.tensor(shape, draw.scale(-6, 2), draw.zero_point())
    y = writer.tensor(shape, 1 / 256, -128)
    beta = float(draw.rng.choice([1.0, 0.5, 3.0]))
    writer.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=beta)
    return writer.finish([x], [y]), 64


def add(draw: Draw) -> Case:
    """All pairs of bytes: two inputs of 65,536 values."""
    a, b = draw.scale(-4, 1), draw.scale(-4, 1)
    output = float(np.float32(max(a, b) * 2.0 ** draw.rng.uniform(-4, 3)))
    writer = Writer()
    x = writer.tensor([1, 65536], a, draw.zero_point())
    z = writer.tensor([1, 65536], b, draw.zero_point())
    y = writer.tensor([1, 65536], output, draw.zero_point())
    writer.operator("ADD", [x, z], [y], "AddOptions", fusedActivationFunction=draw.activation())
    return writer.finish([x, z], [y]), 0


def add_constant(draw: Draw) -> Case:
    a, b = draw.scale(-4, 1), draw.scale(-4, 1)
    output = float(np.float32(max(a, b) * 2.0 ** draw.rng.uniform(-4, 3)))
    writer = Writer()
    x = writer.tensor([1, 256], a, draw.zero_point())
    z = writer.tensor([1], b, draw.zero_point(), data=draw.bytes([1], -128))
    y = writer.tensor([1, 256], output, draw.zero_point())
    operands = [x, z] if draw.integer(0, 1) else [z, x]
    writer.operator("ADD", operands, [y], "AddOptions", fusedActivationFunction=draw.activation())
    return writer.finish([x], [y]), 0


MODELS: dict[str, Callable[[Draw], Case]] = {
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "FULLY_CONNECTED": fully_connected,
    "AVERAGE_POOL_2D": average_pool,
    "MAX_POOL_2D": max_pool,
    "MEAN": mean,
    "MUL": multiply,
    "SOFTMAX": softmax,
    "ADD": add,
    "ADD of a constant": add_constant,
    **{
        code: unary(code)
        for code in ("LOGISTIC", "TANH", "QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1")
    },
}
