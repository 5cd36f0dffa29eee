"""The integer graph, evaluated by the letter of the formulas in ARCHITECTURE.md.

A second implementation beside the golden model: NumPy and Python integers of any size, a loop over
the output pixels, taps outside the map left out instead of padded. It shares no code with `isomac`
beyond the classes that hold the graph.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.graph import Graph
from isomac.graph.operation import Operation

Array = npt.NDArray[Any]


def naive_evaluate(graph: Graph, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return int8 (N, *shape) for every tensor of `graph`."""
    values = {name: np.asarray(array) for name, array in inputs.items()}
    for operation in graph.operations:
        # Python integers from here on: no sum or product can wrap.
        operands = [values[name].astype(object) for name in operation.inputs]
        result = _FORMULAS[type(operation).__name__](operation, graph, operands)
        assert result.min() >= -128
        assert result.max() <= 127
        values[operation.output] = result.astype(np.int8)
    return values


def _rescale(
    acc: Array,
    multiplier: Any,
    shift: Any,
    zero_point: int,
    low: int,
    high: int,
    rounding: str = "single",
) -> Array:
    scaled = np.frompyfunc({"single": _single, "double": _double}[rounding], 3, 1)
    shifted = scaled(acc, np.asarray(multiplier, object), np.asarray(shift, object))
    return np.minimum(np.maximum(shifted + zero_point, low), high)


def _single(acc: Any, multiplier: Any, shift: Any) -> int:
    return (int(acc) * int(multiplier) + (1 << (int(shift) - 1))) >> int(shift)


def _double(acc: Any, multiplier: Any, shift: Any) -> int:
    """Two steps, as gemmlowp has them: half up at bit 31, then half away from zero."""
    if shift <= 31:
        return _single(acc, multiplier, shift)
    high = _single(acc, multiplier, 31)
    places = int(shift) - 31
    magnitude = (abs(high) + (1 << (places - 1))) >> places
    return magnitude if high >= 0 else -magnitude


def _zero_points(operation: Operation, graph: Graph) -> tuple[list[int], int]:
    inputs = [graph.tensor(name).zero_point for name in operation.inputs]
    return inputs, graph.tensor(operation.output).zero_point


def _pixels(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    for y in range(shape[1]):
        for x in range(shape[2]):
            yield y, x


def _taps(
    operation: Any, pixel: tuple[int, int], kernel: tuple[int, int], size: tuple[int, int]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield (ky, kx, y, x) of the taps of one output pixel that lie on the map."""
    dilation = getattr(operation, "dilation", (1, 1))
    top, left = operation.padding[:2]
    for ky in range(kernel[0]):
        for kx in range(kernel[1]):
            y = pixel[0] * operation.stride[0] - top + ky * dilation[0]
            x = pixel[1] * operation.stride[1] - left + kx * dilation[1]
            if 0 <= y < size[0] and 0 <= x < size[1]:
                yield ky, kx, y, x


def _convolution(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    (x,) = operands
    (zp_in,), zp_out = _zero_points(operation, graph)
    outputs, group_inputs, *kernel = operation.weight.shape
    group_outputs = outputs // operation.groups
    weight = operation.weight.astype(object)
    bias = operation.bias.astype(object)
    shape = graph.tensor(operation.output).shape
    result = np.empty((len(x), *shape), object)
    for py, px in _pixels(shape):
        for o in range(outputs):
            first = (o // group_outputs) * group_inputs
            acc = np.full(len(x), bias[o], object)
            for ky, kx, iy, ix in _taps(operation, (py, px), kernel, x.shape[2:]):
                acc = (
                    acc
                    + (x[:, first : first + group_inputs, iy, ix] - zp_in) @ (weight[o, :, ky, kx])
                )
            assert max(abs(a) for a in acc) < 2**31
            result[:, o, py, px] = _rescale(
                acc,
                int(operation.multiplier[o]),
                int(operation.shift[o]),
                zp_out,
                operation.quant_min,
                operation.quant_max,
                operation.rounding,
            )
    return result


def _linear(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    (x,) = operands
    (zp_in,), zp_out = _zero_points(operation, graph)
    acc = operation.bias.astype(object) + (x - zp_in) @ operation.weight.astype(object).T
    return _rescale(
        acc,
        operation.multiplier,
        operation.shift,
        zp_out,
        operation.quant_min,
        operation.quant_max,
        operation.rounding,
    )


def _max_pool(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    (x,) = operands
    shape = graph.tensor(operation.output).shape
    result = np.full((len(x), *shape), -128, object)
    for py, px in _pixels(shape):
        for _, _, iy, ix in _taps(operation, (py, px), operation.kernel, x.shape[2:]):
            result[:, :, py, px] = np.maximum(result[:, :, py, px], x[:, :, iy, ix])
    return np.minimum(np.maximum(result, operation.quant_min), operation.quant_max)


def _average_pool(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    (x,) = operands
    (zp_in,), zp_out = _zero_points(operation, graph) if operation.centered else ([0], 0)
    shape = graph.tensor(operation.output).shape
    acc = np.zeros((len(x), *shape), object)
    for py, px in _pixels(shape):
        for _, _, iy, ix in _taps(operation, (py, px), operation.kernel, x.shape[2:]):
            acc[:, :, py, px] += x[:, :, iy, ix] - zp_in
    return _rescale(
        acc,
        operation.multiplier,
        operation.shift,
        zp_out,
        operation.quant_min,
        operation.quant_max,
        operation.rounding,
    )


def _adaptive_average_pool(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    (x,) = operands
    (zp_in,), zp_out = _zero_points(operation, graph) if operation.centered else ([0], 0)
    shape = graph.tensor(operation.output).shape
    acc = np.zeros((len(x), *shape), object)
    for py, px in _pixels(shape):
        for iy in range(*operation.rows[py]):
            for ix in range(*operation.columns[px]):
                acc[:, :, py, px] += x[:, :, iy, ix] - zp_in
    return _rescale(
        acc,
        operation.multiplier,
        operation.shift,
        zp_out,
        operation.quant_min,
        operation.quant_max,
        operation.rounding,
    )


def _add(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    a, b = operands
    (zp_a, zp_b), zp_out = _zero_points(operation, graph)
    m_a, m_b = operation.multipliers
    total = (a - zp_a) * m_a + (b - zp_b) * m_b
    rounded = (total + (1 << (operation.shift - 1))) >> operation.shift
    return np.minimum(np.maximum(rounded + zp_out, operation.quant_min), operation.quant_max)


def _clamp(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    return np.minimum(np.maximum(operands[0], operation.quant_min), operation.quant_max)


def _concatenate(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    return np.concatenate(operands, axis=1)


def _reshape(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    return operands[0].reshape(len(operands[0]), *graph.tensor(operation.output).shape)


def _softmax(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    (x,) = operands
    _, zp_out = _zero_points(operation, graph)
    table = [int(entry) for entry in operation.table]
    result = np.empty(x.shape, object)
    for index in np.ndindex(len(x), *x.shape[2:]):
        pixel = (index[0], slice(None), *index[1:])
        channels = list(x[pixel])
        e = [table[255 + value - max(channels)] for value in channels]
        r = (1 << operation.reciprocal_bits) // sum(e)
        half = 1 << (operation.shift - 1)
        y = [((e_i * r + half) >> operation.shift) + zp_out for e_i in e]
        result[pixel] = [min(max(value, -128), 127) for value in y]
    return result


def _aligned_add(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    a, b = operands
    (zp_a, zp_b), zp_out = _zero_points(operation, graph)
    step = {"single": _single, "double": _double}[operation.rounding]

    def one(a: int, b: int) -> int:
        second = (b - zp_b) * 2**operation.left_shift_b
        total = (a - zp_a) * 2**operation.left_shift
        total += step(second, operation.multiplier_b, operation.shift_b)
        result = step(total, operation.multiplier, operation.shift) + zp_out
        return min(max(result, operation.quant_min), operation.quant_max)

    return np.asarray(np.frompyfunc(one, 2, 1)(a, b))


def _scale(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    (x,) = operands
    (zp_in,), zp_out = _zero_points(operation, graph)
    result = np.empty(x.shape, object)
    for c, factor in enumerate(operation.factor):
        result[:, c] = _rescale(
            (x[:, c] - zp_in) * int(factor),
            operation.multiplier[c],
            operation.shift[c],
            zp_out,
            operation.quant_min,
            operation.quant_max,
            operation.rounding,
        )
    return result


def _lookup(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    table = {value: int(entry) for value, entry in enumerate(operation.table, start=-128)}
    return np.asarray(np.frompyfunc(table.__getitem__, 1, 1)(operands[0]))


def _pad(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    (x,) = operands
    top, left = operation.padding[:2]
    result = np.full((len(x), *graph.tensor(operation.output).shape), operation.value, object)
    result[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
    return result


def _newton_softmax(operation: Any, graph: Graph, operands: list[Array]) -> Array:
    """Step by step as TFLite's reference kernel: F0.31, F2.29 and F12.19 fixed point."""
    (x,) = operands
    result = np.empty(x.shape, object)
    for index in np.ndindex(len(x), *x.shape[2:]):
        pixel = (index[0], slice(None), *index[1:])
        channels = list(x[pixel])
        e = [int(operation.table[255 + value - max(channels)]) for value in channels]
        total = sum(_double(e_i, 1 << 30, 30 + 12) for e_i in e)
        zeros = 32 - total.bit_length()
        fraction = (total << zeros) - (1 << 31)
        d = (fraction + (1 << 31)) // 2
        r = 1515870810 + _single(d, -1010580540, 31)
        for _ in range(3):
            r += 4 * _single(r, (1 << 29) - _single(d, r, 31), 31)
        r = min(2 * r, 2**31 - 1)
        y = [_double(_single(e_i, r, 31), 1 << 31, 31 + 12 - zeros + 31 - 8) - 128 for e_i in e]
        result[pixel] = [min(max(value, -128), 127) for value in y]
    return result


_FORMULAS: dict[str, Callable[[Any, Graph, list[Array]], Array]] = {
    "AdaptiveAveragePool": _adaptive_average_pool,
    "Add": _add,
    "AlignedAdd": _aligned_add,
    "AveragePool": _average_pool,
    "Clamp": _clamp,
    "Concatenate": _concatenate,
    "Convolution": _convolution,
    "Linear": _linear,
    "Lookup": _lookup,
    "MaxPool": _max_pool,
    "NewtonSoftmax": _newton_softmax,
    "Pad": _pad,
    "Reshape": _reshape,
    "Scale": _scale,
    "Softmax": _softmax,
}
