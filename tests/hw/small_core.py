"""A small core, jobs by hand that run a convolution on it, and what they give."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from isomac_hw.core_memories import Images
from isomac_hw.job import FIELD_NAMES, Job, JobLayout, Kind
from isomac_hw.output_stage import requantization
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.softmax_parameters import SoftmaxParameters
from tests.hw.bench import FLAGS, parameters
from tests.hw.nest import window_nest

DEPTH = 32
#: One bit for most loops, enough for the smallest numbers beyond each limit elsewhere.
WIDTHS = (
    dict.fromkeys(FIELD_NAMES, 3)
    | dict.fromkeys(FLAGS, 1)
    | dict.fromkeys(("blocks", "columns", "kernel_rows", "channel_tiles", "tile_rows"), 1)
    | dict.fromkeys(
        (
            "input_base",
            "output_base",
            "output_row",
            "output_plane",
            "output_tile_column",
            "output_tile_row",
            "plane_stride",
            *(name for name in FIELD_NAMES if name.startswith("address_")),
        ),
        6,
    )
    | dict.fromkeys(("words", "stream_words", "weight_base"), 4)
    | dict.fromkeys(("pad_value", "zero_point", "quant_min", "quant_max"), 8)
    | {
        "kind": 2,
        "packing": 2,
        "tile_columns": 2,
        "multiplier_b": 6,
        "channels": 3,
        "frees_input": 1,
    }
)
SOFTMAX = SoftmaxParameters(
    channel_lanes=2,
    address_bits=6,
    channels_bits=3,
    pixels_bits=4,
    table_bits=4,
    sum_bits=7,
    reciprocal_bits=8,
    shift=4,
    table_peak=15,
)


def small(**changes: Any) -> AcceleratorParameters:
    p = parameters(
        tile_rows=1,
        tile_columns=2,
        channel_lanes=2,
        requant_lanes=1,
        banks=2,
        window_columns=4,
        input_channels=(1, 2),
        features=("dense", "depthwise", "max"),
        activation_depth=DEPTH,
        weight_depth=8,
        requant_depth=6,
        program_depth=4,
        job_layout=JobLayout.derive([], fixed=False, at_least=WIDTHS),
    )
    return replace(p, **changes)


WEIGHTS = [[3, -2], [5, 7]]  # by step, then output channel
BIASES, MULTIPLIERS, SHIFT = [10, -20], [100, 4095], 8
PIXELS = 5
#: Where the map is and where its image goes.
SOURCE, TARGET = 0, 8


def input_job(**changes: int) -> Job:
    """Five pixels of two channels."""
    fields = {"words": PIXELS - 1, "stream_words": PIXELS - 1, "packing": 1}
    return Job(kind=Kind.INPUT, **{**fields, "output_base": SOURCE, "ends_layer": 1, **changes})


def array_job(p: AcceleratorParameters, **changes: int) -> Job:
    """A pointwise convolution of them."""
    fields = {
        "dense": 1,
        "reduce_max": 0,
        "input_height": 1,
        "input_width": PIXELS,
        "pad_value": 0,
        "taps": 0,
        "taps_last": 0,
        "first_byte": 0,
        "last_byte": 1,
        "stride": 0,
        "weight_base": 0,
        "weight_restart": 0,
        "output_base": TARGET,
        "output_row": PIXELS,
        "output_plane": PIXELS,
        "output_tile_column": 2,
        "output_tile_row": PIXELS,
        "rows_last": 0,
        "columns_last": 0,
        "steps_last": 1,
        "requant_base": 0,
        "zero_point": -3,
        "quant_min": -128,
        "quant_max": 127,
        "ends_layer": 1,
    }
    nest = window_nest(p, size=(1, PIXELS), kernel=(1, 1), base=SOURCE)
    return nest.job(1 << p.address_bits, **{**fields, **changes})


def output_job(**changes: int) -> Job:
    fields = {"words": PIXELS - 1, "input_base": TARGET, "ends_layer": 1, "ends_program": 1}
    return Job(kind=Kind.OUTPUT, **{**fields, **changes})


def softmax_job(**changes: int) -> Job:
    """The channels of each pixel, in place."""
    fields = {
        "words": PIXELS - 1,
        "input_base": TARGET,
        "output_base": TARGET,
        "zero_point": -128,
        "plane_stride": PIXELS,
        "channels": 1,
        "ends_layer": 1,
    }
    return Job(kind=Kind.SOFTMAX, **{**fields, **changes})


TABLE = [max(1, index - 240) for index in range(256)]


def images(p: AcceleratorParameters, jobs: Sequence[Job]) -> Images:
    """Memory contents for some jobs, and the constants of the convolution."""
    width = p.bias_bits + p.multiplier_bits
    rows = [
        bias % (1 << p.bias_bits) | multiplier << p.bias_bits | SHIFT - p.shift_min << width
        for bias, multiplier in zip(BIASES, MULTIPLIERS, strict=True)
    ]
    weights = [sum(weight % 256 << 8 * i for i, weight in enumerate(step)) for step in WEIGHTS]
    table = TABLE if p.softmax else ()
    return Images([p.job_layout.pack(job) for job in jobs], weights, rows, table)


def pixels(generator: random.Random) -> list[list[int]]:
    return [[generator.randint(-128, 127) for _ in range(2)] for _ in range(PIXELS)]


def to_words(values: Sequence[Sequence[int]]) -> list[int]:
    return [sum(byte % 256 << 8 * i for i, byte in enumerate(word)) for word in values]


def expected(
    p: AcceleratorParameters, values: Sequence[Sequence[int]], *, softmax: bool = False
) -> list[int]:
    """The output words of the convolution."""
    out = []
    for pixel in values:
        row = [
            requantization(p).compute(
                sum(byte * step[channel] for byte, step in zip(pixel, WEIGHTS, strict=True)),
                bias=BIASES[channel],
                multiplier=MULTIPLIERS[channel],
                shift_offset=SHIFT - p.shift_min,
                zero_point=-3,
                quant_min=-128,
                quant_max=127,
            )
            for channel in (0, 1)
        ]
        out.append(SOFTMAX.compute(row, TABLE, -128) if softmax else row)
    return to_words(out)


WITH_SOFTMAX = {"features": ("dense", "softmax"), "softmax": SOFTMAX, "program_depth": 5}
