"""One random operation, or a small branch that joins again, for each operator."""

from typing import Any

import numpy as np

from isomac.fuzz.generator.builder import Builder
from isomac.fuzz.generator.windows import random_axis, random_spans
from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.add import Add
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.clamp import Clamp
from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.max_pool import MaxPool
from isomac.graph.operators.reshape import Reshape
from isomac.graph.operators.softmax import (
    SOFTMAX_SCALE,
    SOFTMAX_ZERO_POINT,
    Softmax,
    softmax_table,
)
from isomac.graph.tensor import Tensor


def convolution(b: Builder) -> None:
    """Dense, grouped or depthwise; on a vector a linear layer."""
    b.head = b.convolve(b.head)


def linear(b: Builder) -> None:
    """Flatten first if the head is a map."""
    if len(b.head.shape) == 3:
        b.head = b.emit(Reshape, [b.head], b.tensor((b.head.elements,), b.head))
    b.head = b.convolve(b.head)


def max_pool(b: Builder) -> None:
    """Any window; on a vector nothing."""
    if len(b.head.shape) == 3:
        channels, *size = b.head.shape
        rows, columns = (
            random_axis(b.constants, s, b.max_kernel, b.max_size, dilate=True) for s in size
        )
        b.head = b.emit(
            MaxPool,
            [b.head],
            b.tensor((channels, rows.outputs, columns.outputs), b.head),
            kernel=(rows.kernel, columns.kernel),
            stride=(rows.stride, columns.stride),
            dilation=(rows.dilation, columns.dilation),
            padding=(rows.before, columns.before, rows.after, columns.after),
            **b.constants.clamp(b.head.zero_point),
        )


def average_pool(b: Builder) -> None:
    """Any window; on a vector nothing."""
    if len(b.head.shape) == 3:
        channels, *size = b.head.shape
        rows, columns = (
            random_axis(b.constants, s, b.max_kernel, b.max_size, dilate=False) for s in size
        )
        y = b.tensor((channels, rows.outputs, columns.outputs))
        multiplier, shift = b.constants.rescale(64 * rows.kernel * columns.kernel)
        b.head = b.emit(
            AveragePool,
            [b.head],
            y,
            kernel=(rows.kernel, columns.kernel),
            stride=(rows.stride, columns.stride),
            padding=(rows.before, columns.before, rows.after, columns.after),
            multiplier=multiplier,
            shift=shift,
            rounding=b.constants.rounding(),
            centered=b.constants.chance(0.7),
            **b.constants.clamp(y.zero_point),
        )


def adaptive_average_pool(b: Builder) -> None:
    """Windows of any size and place; on a vector nothing."""
    if len(b.head.shape) == 3:
        channels, *size = b.head.shape
        c = b.constants
        outputs = [c.one_of(1, c.between(1, b.max_size)) for _ in size]
        rows, columns = (random_spans(c, s, o) for s, o in zip(size, outputs, strict=True))
        areas = [[(y1 - y0) * (x1 - x0) for x0, x1 in columns] for y0, y1 in rows]
        pairs = np.array([[c.rescale(64 * area) for area in row] for row in areas], np.int64)
        y = b.tensor((channels, *outputs))
        b.head = b.emit(
            AdaptiveAveragePool,
            [b.head],
            y,
            rows=rows,
            columns=columns,
            multiplier=pairs[..., 0],
            shift=pairs[..., 1],
            rounding=c.rounding(),
            centered=c.chance(0.7),
            **c.clamp(y.zero_point),
        )


def add(b: Builder) -> None:
    """The head plus itself, an earlier tensor, another input, or a branch of the same shape."""
    c = b.constants
    x = b.head
    other = second_operand(b)
    y = b.tensor(x.shape)
    multiplier, shift = c.rescale(2.0 ** c.between(5, 8))
    second = c.one_of(multiplier, multiplier // 3, c.between(0, multiplier), 0)
    pair = [(x, multiplier), (other, second)]
    if c.chance(0.5):
        pair.reverse()
    b.head = b.emit(
        Add,
        [tensor for tensor, _ in pair],
        y,
        multipliers=tuple(m for _, m in pair),
        shift=shift,
        **c.clamp(y.zero_point),
    )


def second_operand(b: Builder) -> Tensor:
    """Return a tensor of the shape of the head, often an earlier one or a branch."""
    c = b.constants
    x = b.head
    equals = [tensor for tensor in b.tensors if tensor.shape == x.shape]
    kind = c.one_of("earlier", "branch", "branch", "input")
    if kind == "earlier":
        return c.one_of(*equals)
    if kind == "input" and len(b.inputs) < b.max_inputs:
        return b.add_input(x.shape)
    return b.convolve(c.one_of(*equals), outputs=x.shape[0], keep_size=True)


def clamp(b: Builder) -> None:
    """Any clamp."""
    y = b.tensor(b.head.shape, b.head)
    b.head = b.emit(Clamp, [b.head], y, **b.constants.clamp(y.zero_point))


def concatenate(b: Builder) -> None:
    """The head and branches from it of the same quantization; nothing if it has no room."""
    c = b.constants
    x = b.head
    room = b.max_channels - x.shape[0]
    if room < 1:
        return
    parts = [x]
    while room and (len(parts) < 2 or c.chance(0.3)):
        if c.chance(0.15) and room >= x.shape[0]:
            parts.append(x)
        elif c.chance(0.15) and len(b.inputs) < b.max_inputs:
            parts.append(b.add_input((c.between(1, room), *x.shape[1:]), x))
        else:
            parts.append(b.convolve(x, outputs=c.between(1, room), keep_size=True, like=x))
        room -= parts[-1].shape[0]
    order = [parts[i] for i in c.order(len(parts))]
    channels = sum(part.shape[0] for part in parts)
    b.head = b.emit(Concatenate, order, b.tensor((channels, *x.shape[1:]), x))


def reshape(b: Builder) -> None:
    """From a map to a vector, and to a map if that is wanted."""
    x = b.head
    shapes: list[tuple[int, ...]] = [(x.elements,)] if len(x.shape) == 3 else []
    if b.maps_from_reshape:
        shapes += [
            (c, h, x.elements // c // h)
            for c in range(1, b.max_channels + 1)
            for h in range(1, b.max_size + 1)
            if x.elements % (c * h) == 0 and x.elements // c // h <= b.max_size
        ]
    if shapes:
        b.head = b.emit(Reshape, [x], b.tensor(b.constants.one_of(*shapes), x))


def softmax(b: Builder) -> None:
    """With the table of an exponential, or any other."""
    c = b.constants
    x = b.head
    fields = _softmax_fields(b)
    like = None if c.chance(c.extreme) else Tensor("like", (1,), SOFTMAX_SCALE, SOFTMAX_ZERO_POINT)
    b.head = b.emit(Softmax, [x], b.tensor(x.shape, like), **fields)


def _softmax_fields(b: Builder) -> dict[str, Any]:
    """Constants of a softmax: those of the one before if all must have the same."""
    if b.softmax_fields is not None:
        return b.softmax_fields
    c = b.constants
    table, bits, shift = softmax_table(2.0 ** c.between(-8, 1)), 32, 24
    if c.chance(c.extreme):
        table = np.random.default_rng(c.seed()).integers(0, 2**16 + 1, 256)
        table[255] = c.one_of(1, 2**16, max(1, int(table[255])))
        bits, shift = c.between(1, 32), c.between(1, 62)
    if b.one_softmax is None:
        return {"table": table, "reciprocal_bits": bits, "shift": shift}
    bits, shift = b.one_softmax
    b.softmax_fields = {"table": table, "reciprocal_bits": bits, "shift": shift}
    return b.softmax_fields
