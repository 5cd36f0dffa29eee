"""MEAN over rows and columns."""

from __future__ import annotations

from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.operators.average_pool import AveragePool
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.layout import graph_shape
from isomac.importers.tflite.recipes import FRACTION_BITS, check_headroom, quantize_multiplier
from isomac.importers.tflite.tensor import UnfitError
from isomac.importers.tflite.values import Value

_PIXELS_MAX = 1 << 20


@operator("MEAN", version=3, operands=(2, 2), options="ReducerOptions")
def mean(call: Call) -> Value:
    """The mean of all rows, of all columns, or of both."""
    shape = call.tensor().shape
    rank = len(shape)
    numbers = call.tensor(1).constant("INT32").reshape(-1).tolist()
    if len(numbers) > rank or not all(-rank <= number < rank for number in numbers):
        raise UnfitError(f"its axes {numbers[:8]} are none of its input {list(shape)}")
    axes = {number % rank for number in numbers}
    keep = call.options["KeepDims"]
    call.require_output(
        [1 if axis in axes else size for axis, size in enumerate(shape) if keep or axis not in axes]
    )
    # An axis of size 1 has nothing to be averaged.
    axes = {axis for axis in axes if shape[axis] > 1}
    pixels, window = _window(call, axes)
    channels, height, width = pixels
    value = call.emitter.map(call.operand(), pixels)
    multiplier, shift = _constants(call, window[0] * window[1])
    return call.emit(
        AveragePool,
        [value],
        (channels, height // window[0], width // window[1]),
        kernel=window,
        stride=window,
        padding=(0, 0, 0, 0),
        multiplier=multiplier,
        shift=shift,
        rounding="double",
        centered=True,
        quant_min=INT8_MIN,
        quant_max=INT8_MAX,
    )


def _window(call: Call, axes: set[int]) -> tuple[tuple[int, int, int], tuple[int, int]]:
    """Return the map (C, H, W) that is averaged, and the window (y, x)."""
    shape = call.tensor().shape
    inner = graph_shape(shape)
    if len(inner) == 3 and shape[0] == 1 and len(shape) in (3, 4):
        channels, height, width = inner
        first = len(shape) - 3
        rows, columns = (1, 2) if first else (0, 1)
        if axes <= {rows, columns}:
            return (channels, height, width), (
                height if rows in axes else 1,
                width if columns in axes else 1,
            )
    raise UnfitError(
        f"it averages the axes {sorted(axes)} of {list(shape)}; rows and columns of a map are"
        f" accepted"
    )


def _constants(call: Call, count: int) -> tuple[int, int]:
    """Return multiplier and shift of a sum of `count` pixels, as the kernel divides them."""
    if count > _PIXELS_MAX:
        raise UnfitError(f"it averages {count} pixels, at most {_PIXELS_MAX} are accepted")
    ratio = float(call.affine().scale) / float(call.output_affine.scale)
    multiplier, shift = quantize_multiplier(ratio)
    exponent = FRACTION_BITS - shift
    # The division by the count keeps the bits that the multiplier can take.
    places = min(count.bit_length() - 1, FRACTION_BITS + exponent)
    shift += places
    check_headroom(count * 255, shift)
    return (multiplier << places) // count, shift
