"""Plane-wise work that averages windows."""

from typing import Any

import numpy as np

from isomac.compile.context import Context
from isomac.compile.planewise import planewise, shared_constants
from isomac.compile.work import ArrayWork, View
from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.average_pool import AveragePool


def window_means(
    operation: AveragePool | AdaptiveAveragePool,
    context: Context,
    source: View,
    destination: View,
    *,
    kernel: tuple[int, int],
    multiplier: int,
    shift: int,
    **window: Any,
) -> ArrayWork:
    """Sums with weights 1 and 1/N in the multiplier; the zero points of all N sit in the bias.

    `window` are those fields of `ArrayWork` that say where the windows lie.
    """
    names = (operation.inputs[0], operation.output)
    zero_in, zero_out = (context.zero_point(n) if operation.centered else 0 for n in names)
    pixels = kernel[0] * kernel[1]
    return planewise(
        source,
        destination,
        kernel=kernel,
        pad_value=zero_in,
        zero_point=zero_out,
        quant_min=operation.quant_min,
        quant_max=operation.quant_max,
        double_rounding=operation.rounding == "double",
        weight_restart=True,
        constants=shared_constants(
            source,
            np.ones(kernel, np.int8),
            bias=-pixels * zero_in,
            multiplier=multiplier,
            shift=shift,
            raw_min=-128 * pixels,
            raw_max=127 * pixels,
        ),
        **window,
    )
