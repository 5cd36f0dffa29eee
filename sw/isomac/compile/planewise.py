"""Plane-wise work: every output channel reads the channel in the same slot."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.compile.weights import depthwise_words
from isomac.compile.work import ArrayWork, Constants, Segmentation, View


def planewise(source: View, destination: View, **fields: Any) -> ArrayWork:
    """Array work over all planes; `fields` are those of `ArrayWork` that are not implied."""
    layout = source.layout
    lanes = layout.word_channels
    return ArrayWork(
        source=source,
        destination=destination,
        dense=False,
        channel_tiles=layout.planes,
        last_channels=layout.last_slot % lanes + 1,
        **fields,
    )


def shared_constants(
    source: View,
    weight: npt.NDArray[np.int8],
    *,
    bias: int,
    multiplier: int,
    shift: int,
    raw_min: int,
    raw_max: int,
    totals: tuple[int, int] | None = None,
) -> Callable[[Segmentation], Constants]:
    """Constants with one kernel, int8 (kh, kw), and one rescaling for all channels.

    The job must set `weight_restart`. `totals` are the extremes of what is multiplied, where
    that is not the raw sum and the bias.
    """
    layout = source.layout
    slots = layout.planes * layout.word_channels
    kernel = np.broadcast_to(weight, (layout.word_channels, *weight.shape))

    def constants(segmentation: Segmentation) -> Constants:
        words = depthwise_words(kernel, layout.word_channels)
        return Constants(
            # A sum that the pixel lanes share takes fewer steps than the kernel has pixels.
            weights=words[: segmentation.steps],
            bias=np.full(slots, bias, np.int64),
            multiplier=np.full(slots, multiplier, np.int64),
            shift=np.full(slots, shift, np.int64),
            raw_min=raw_min,
            raw_max=raw_max,
            total_min=raw_min + bias if totals is None else totals[0],
            total_max=raw_max + bias if totals is None else totals[1],
        )

    return constants


def identity(
    source: View,
    destination: View,
    identity_shift: int,
    quant_min: int = -128,
    quant_max: int = 127,
) -> ArrayWork:
    """Every byte as it is, clamped; the destination has the source's slots."""
    one = np.ones((1, 1), np.int8)
    return planewise(
        source,
        destination,
        kernel=(1, 1),
        output_size=(source.layout.height, source.layout.width),
        zero_point=0,
        quant_min=quant_min,
        quant_max=quant_max,
        weight_restart=True,
        constants=shared_constants(
            source,
            one,
            bias=0,
            multiplier=1 << identity_shift,
            shift=identity_shift,
            raw_min=-128,
            raw_max=127,
        ),
    )
