"""ADD."""

from __future__ import annotations

from isomac.graph.operators.aligned_add import AlignedAdd
from isomac.importers.tflite.call import Call, operator
from isomac.importers.tflite.constants import by_channel, operand_and_constant
from isomac.importers.tflite.fixed_point import divide_by_power, high_product
from isomac.importers.tflite.recipes import FRACTION_BITS, quantize_small_multiplier
from isomac.importers.tflite.tensor import Affine, UnfitError
from isomac.importers.tflite.unary import lookup
from isomac.importers.tflite.values import Value

#: Fractional bits that the kernel gives both operands.
_LEFT_SHIFT = 20


@operator("ADD", version=5, operands=(2, 2), options="AddOptions", elementwise=True)
def add(call: Call) -> Value:
    """A sum of two tensors, or of a tensor and one number."""
    positions = operand_and_constant(call)
    if positions is not None:
        return _add_constant(call, *positions)
    if call.tensor(0).shape != call.tensor(1).shape:
        raise UnfitError(
            f"its operands must have the same shape, not {list(call.tensor(0).shape)} and"
            f" {list(call.tensor(1).shape)}"
        )
    call.require_output(call.tensor(0).shape)
    # The larger scale first: this operand is halved and never rounded.
    first, second = (0, 1) if call.affine(0).scale >= call.affine(1).scale else (1, 0)
    a, b = call.value(first), call.value(second)
    if a.tensor.shape != b.tensor.shape:
        a, b = call.natural(first), call.natural(second)
    if a.order != b.order:
        raise UnfitError("its operands were flattened from maps of different shapes")
    ratio_b, ratio = _ratios(call.affine(first), call.affine(second), call.output_affine)
    multiplier_b, shift_b = quantize_small_multiplier(ratio_b)
    multiplier, shift = quantize_small_multiplier(ratio)
    return call.emit(
        AlignedAdd,
        [a, b],
        left_shift=_LEFT_SHIFT - 1,
        left_shift_b=_LEFT_SHIFT,
        multiplier_b=multiplier_b,
        shift_b=shift_b,
        multiplier=multiplier,
        shift=shift,
        rounding="double",
        **call.clamp(),
    )


def _ratios(large: Affine, small: Affine, output: Affine) -> tuple[float, float]:
    """Return the ratios, in double, by which the smaller operand and the sum are multiplied."""
    twice = 2 * float(large.scale)
    return float(small.scale) / twice, twice / ((1 << _LEFT_SHIFT) * float(output.scale))


def _add_constant(call: Call, position: int, constant: int) -> Value:
    """A sum with one number is a function of one value."""
    numbers = by_channel(call, constant)
    if numbers.size != 1:
        raise UnfitError("its constant must be one number, or the same number everywhere")
    entry, other, output = call.affine(position), call.affine(constant), call.output_affine
    large, small = (entry, other) if entry.scale >= other.scale else (other, entry)
    _, ratio = _ratios(large, small, output)
    multiplier, shift = quantize_small_multiplier(ratio)
    clamp = call.clamp()

    twice = 2 * float(large.scale)
    own = quantize_small_multiplier(float(entry.scale) / twice)
    addend = _product(
        int(numbers[0]) << _LEFT_SHIFT, *quantize_small_multiplier(float(other.scale) / twice)
    )

    def result(byte: int) -> int:
        total = _product((byte - entry.zero_point) << _LEFT_SHIFT, *own) + addend
        step = _product(total, multiplier, shift) + output.zero_point
        return min(max(step, clamp["quant_min"]), clamp["quant_max"])

    return lookup(call, call.value(position), "add", result)


def _product(value: int, multiplier: int, shift: int) -> int:
    """Return a product as the kernel rounds it: at bit 31, and where it belongs."""
    return divide_by_power(high_product(value, multiplier), shift - FRACTION_BITS)
