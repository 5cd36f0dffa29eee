"""Array work done in NumPy, lane by lane: window, weights in order of use, drain, rescaling.

It knows what the array does with the numbers of a job, and nothing of operators: what comes out is
what the compiler asked for.
"""

import numpy as np
import numpy.typing as npt

from isomac.compile.geometry import Geometry, window_columns
from isomac.compile.lowering import Lowered
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, Constants, SoftmaxWork, View
from tests.sw.compile.nest import Segment, Tile, tiles

Words = npt.NDArray[np.int64]

#: What the memory holds where nothing was written yet.
NOTHING = 99


def run(
    lowered: Lowered, shape: ArrayShape, tensors: dict[str, npt.NDArray[np.int8]]
) -> dict[str, Words]:
    """Do all work of a graph; returns the words of each buffer.

    `tensors` are int8 (C, H, W) or (F,) by name, of which the inputs are read.
    """
    lanes = shape.channel_lanes
    memory = {
        buffer: np.full((words, lanes), NOTHING, np.int64)
        for buffer, words in lowered.buffers.items()
    }
    for name, view in zip(lowered.graph.inputs, lowered.inputs, strict=True):
        write_view(memory, view, tensors[name])
    window = window_columns([w for w in lowered.work if isinstance(w, ArrayWork)], shape)
    for work in lowered.work:
        if isinstance(work, SoftmaxWork):
            _softmax(work, memory)
        else:
            do(work, Geometry.of(work, shape, window), shape, memory)
    return memory


def do(
    work: ArrayWork, geometry: Geometry, shape: ArrayShape, memory: dict[str, Words]
) -> Constants:
    """Do one work, reading and writing `memory`; returns its constants."""
    constants = work.constants(geometry.segmentation)
    address = 0
    for tile in tiles(work, geometry, shape):
        if work.weight_restart or tile.plane == 0:
            address = 0
        sums, address = _sums(work, geometry, shape, memory, tile, constants, address)
        for word in tile.words:
            total = sum(sums[lane] for lane in word.lanes)
            low = tile.plane * shape.channel_lanes
            memory[work.destination.buffer][word.word] = _rescale(work, constants, low, total)
    assert address == len(constants.weights), "all weights are used"
    return constants


def _sums(
    work: ArrayWork,
    geometry: Geometry,
    shape: ArrayShape,
    memory: dict[str, Words],
    tile: Tile,
    constants: Constants,
    address: int,
) -> tuple[Words, int]:
    """Accumulators of a tile, (tile rows, tile columns, M), and the next weight."""
    lanes = shape.channel_lanes
    sums = np.zeros((shape.tile_rows, shape.tile_columns, lanes), np.int64)
    columns = np.arange(shape.tile_columns) * geometry.lane_stride
    first = True
    for segment in tile.segments:
        window = _window(work, geometry, shape, memory, segment)
        for tap in range(segment.taps):
            words = window[:, columns + tap]
            for byte in segment.used_bytes:
                values = words[..., byte : byte + 1] if work.dense else words
                products = values * constants.weights[address].astype(np.int64)
                if work.reduce_max and not first:
                    sums = np.maximum(sums, products)
                else:
                    sums = sums + products
                first = False
                address += 1
    return sums, address


def _window(
    work: ArrayWork,
    geometry: Geometry,
    shape: ArrayShape,
    memory: dict[str, Words],
    segment: Segment,
) -> Words:
    """The words of a segment, (tile rows, columns, M)."""
    lanes, banks = shape.channel_lanes, shape.banks
    pad = 0 if geometry.lane_sum else work.pad_value
    window = np.full((shape.tile_rows, geometry.chunks * banks, lanes), pad, np.int64)
    for chunk in segment.chunks:
        for index, inside in enumerate(chunk.inside):
            if inside:
                place = chunk.column + index
                window[chunk.row, place] = memory[chunk.buffer][chunk.word + index]
    return window


def _rescale(work: ArrayWork, constants: Constants, low: int, total: Words) -> Words:
    """Bytes of a word from its sums; lanes without a channel give 0."""
    out = np.zeros(len(total), np.int64)
    for lane, raw in enumerate(total.tolist()):
        slot = low + lane
        if slot >= len(constants.bias) or not constants.shift[slot]:
            continue
        bias, multiplier, shift = (
            int(values[slot]) for values in (constants.bias, constants.multiplier, constants.shift)
        )
        # Of two operands a - 256 b is left; a is the low byte.
        a = (raw + 128) % 256 - 128
        second = ((a - raw) // 256 - work.zero_point_b) * work.multiplier_b
        if work.second is None:
            acc = (raw + bias) * multiplier
        elif work.alignment is None:
            acc = (a + bias) * multiplier + second
        else:
            half = work.alignment.half_negative if second < 0 else work.alignment.half
            aligned = (second + half) >> work.alignment.shift
            acc = (((a + bias) << work.alignment.left_shift) + aligned) * multiplier
        if work.double_rounding and shift > 31:
            acc += 2**30 if acc >= 0 else -(2**30)
        value = ((acc + (1 << (shift - 1))) >> shift) + work.zero_point
        value = min(max(value, work.quant_min), work.quant_max)
        out[lane] = value if work.table is None else work.table[value % 256]
    return out


def _softmax(work: SoftmaxWork, memory: dict[str, Words]) -> None:
    """By the letter of the formulas in ARCHITECTURE.md and docs/integer-graph.md."""
    pixels = read_view(memory, work.source).astype(np.int64)
    exponents = work.table[255 + pixels - pixels.max(axis=0)]
    if work.method == "newton":
        sums = ((exponents + 2**11) >> 12).sum(axis=0)
        zeros = np.array([32 - int(total).bit_length() for total in sums])
        reciprocals, s = _newton(sums << (zeros - 1)), 65 - zeros
        half, shifts = 2**30 + (np.ones_like(s) << s), s + 1
    else:
        reciprocals = (1 << work.reciprocal_bits) // exponents.sum(axis=0)
        half, shifts = np.array(1 << (work.shift - 1)), np.array(work.shift)
    shifted = (exponents.astype(object) * reciprocals + half.astype(object)) >> shifts
    values = np.clip(shifted + work.zero_point, -128, 127).astype(np.int8)
    write_view(memory, work.destination, values)


def _newton(d: Words) -> Words:
    """Reciprocals of numbers in [2**30, 2**31)."""

    def product(a: Words, b: Words) -> Words:
        return (a * b + 2**30) >> 31

    x = 1515870810 + product(d, np.full_like(d, -1010580540))
    for _ in range(3):
        x = x + 4 * product(x, 2**29 - product(d, x))
    return np.minimum(2 * x, 2**31 - 1)


def read_view(memory: dict[str, Words], view: View) -> npt.NDArray[np.int8]:
    """The channels of a view, int8 (C, H * W)."""
    layout = view.layout
    lanes, pixels = layout.word_channels, layout.plane_words
    out = np.zeros((layout.channels, pixels), np.int8)
    for channel, slot in enumerate(layout.slots):
        first = view.offset + slot // lanes * pixels
        out[channel] = memory[view.buffer][first : first + pixels, slot % lanes]
    return out


def write_view(memory: dict[str, Words], view: View, tensor: npt.NDArray[np.int8]) -> None:
    """Put the channels of a tensor to their place."""
    layout = view.layout
    lanes, pixels = layout.word_channels, layout.plane_words
    for slot, values in zip(layout.slots, tensor.reshape(layout.channels, pixels), strict=True):
        first = view.offset + slot // lanes * pixels
        memory[view.buffer][first : first + pixels, slot % lanes] = values
