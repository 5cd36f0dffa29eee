"""The constants of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.accumulator import accumulator_magnitude
from isomac.graph.limits import ACCUMULATOR_LIMIT
from isomac.importers.tflite.call import Call
from isomac.importers.tflite.fit import fit_multipliers
from isomac.importers.tflite.recipes import check_headroom, quantize_multiplier
from isomac.importers.tflite.tensor import UnfitError

Array = npt.NDArray[Any]

INPUT, WEIGHT, BIAS = 0, 1, 2


def weight(call: Call, rank: int, output_axis: int) -> npt.NDArray[np.int8]:
    """Return the weight of an operator as the file has it, int8.

    Raises
    ------
    UnfitError
        If it is no int8 constant of this rank, or there are too many weights in the file.
    """
    tensor = call.tensor(WEIGHT)
    if len(tensor.shape) != rank:
        raise UnfitError(f"the weight {tensor.name!r} must have {rank} axes, not {tensor.shape}")
    call.budget.take(tensor.elements, tensor.shape[output_axis])
    values = tensor.constant("INT8")
    return values


def bias(call: Call, outputs: int) -> npt.NDArray[np.int32]:
    """Return the bias of an operator, zeros if it has none.

    Raises
    ------
    UnfitError
        If it is no int32 constant with one number for each output channel.
    """
    if not call.has(BIAS):
        return np.zeros(outputs, np.int32)
    tensor = call.tensor(BIAS)
    values = tensor.constant("INT32")
    if tensor.zero_points.any():
        raise UnfitError(f"the bias {tensor.name!r} must have the zero point 0")
    if values.size != outputs:
        raise UnfitError(
            f"the bias {tensor.name!r} has {values.size} numbers for {outputs} output channels"
        )
    return values.reshape(-1)


def rescaling(
    call: Call,
    values: npt.NDArray[np.int8],
    biases: npt.NDArray[np.int32],
    axis: int,
    *,
    rounded_once: bool = False,
) -> dict[str, Any]:
    """Return bias, multiplier, shift, rounding and clamp as fields of an operation.

    Parameters
    ----------
    values, biases
        int8 (O, ...) and int32 (O).
    axis
        Of the output channels in the file.
    rounded_once
        Whether the kernel multiplies in double and rounds once, as that of FULLY_CONNECTED.
    """
    entry, output = call.affine(INPUT), call.output_affine
    scales = call.tensor(WEIGHT).channel_scales(len(values), axis).astype(np.float64)
    ratios = np.float64(entry.scale) * scales / np.float64(output.scale)
    bounds = accumulator_magnitude(values, biases, entry.zero_point)
    if (bounds >= ACCUMULATOR_LIMIT).any():
        raise UnfitError(f"its accumulators can reach {int(bounds.max())}, beyond int32")
    if rounded_once:
        multiplier, shift = fit_multipliers(ratios, bounds, output.zero_point)
    else:
        multiplier, shift = _quantized(ratios, bounds)
    return {
        "bias": biases,
        "multiplier": multiplier,
        "shift": shift,
        "rounding": "single" if rounded_once else "double",
        **call.clamp(),
    }


def _quantized(
    ratios: npt.NDArray[np.float64], bounds: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    constants = [quantize_multiplier(float(ratio)) for ratio in ratios]
    for bound, (_, shift) in zip(bounds.tolist(), constants, strict=True):
        check_headroom(bound, shift)
    multiplier, shift = np.array(constants, np.int64).T
    return multiplier.copy(), shift.copy()
