"""The loops of a job: they compute every output once, from the pixels that it needs."""

from collections import Counter

import numpy as np
import pytest

from isomac.compile.geometry import Geometry, lane_stride, window_columns
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, View
from tests.sw.compile.nest import tiles
from tests.sw.compile.works import KINDS, random_shape, random_work

SEEDS = range(40)


def random_case(seed: int, kind: str) -> tuple[ArrayWork, Geometry, ArrayShape, int]:
    """Return work on an array whose window is as long as the work needs, longer or shorter."""
    rng = np.random.default_rng(seed)
    shape = random_shape(rng)
    work = random_work(rng, shape.channel_lanes, kind)
    shortest = (shape.tile_columns - 1) * lane_stride(work, shape) + 1
    window = window_columns([work], shape)
    window = int(rng.choice([window, window + 2, shortest]))
    return work, Geometry.of(work, shape, window), shape, window


@pytest.mark.parametrize("kind", KINDS)
def test_every_output_is_written_once(kind: str) -> None:
    for seed in SEEDS:
        work, geometry, shape, _ = random_case(seed, kind)
        layout = work.destination.layout
        found: dict[int, list[int]] = {plane: [] for plane in range(work.channel_tiles)}
        for tile in tiles(work, geometry, shape):
            found[tile.plane] += [word.word for word in tile.words]
        for plane, words in found.items():
            first = (work.destination_plane + plane) * layout.plane_words
            first += work.destination.offset
            assert sorted(words) == [
                first + (work.output_origin[0] + y) * layout.width + work.output_origin[1] + x
                for y in range(work.output_size[0])
                for x in range(work.output_size[1])
            ]


def reads_of_outputs(
    work: ArrayWork, geometry: Geometry, shape: ArrayShape
) -> dict[int, Counter[tuple[str, int | None, int]]]:
    """What each output word is made of: (buffer, word or None for padding, byte) and how often."""
    out: dict[int, Counter[tuple[str, int | None, int]]] = {}
    for tile in tiles(work, geometry, shape):
        for written in tile.words:
            found = out[written.word] = Counter()
            for segment in tile.segments:
                window = {
                    (chunk.row, chunk.column + i): (
                        chunk.buffer,
                        chunk.word + i if on_map else None,
                    )
                    for chunk in segment.chunks
                    for i, on_map in enumerate(chunk.inside)
                }
                for row, column in written.lanes:
                    for tap in range(segment.taps):
                        buffer, word = window[row, column * geometry.lane_stride + tap]
                        found.update((buffer, word, byte) for byte in segment.used_bytes)
    return out


def expected_reads(
    work: ArrayWork, y: int, x: int, plane: int
) -> Counter[tuple[str, int | None, int]]:
    """The same for one output, from the definition of a convolution."""
    layout = work.source.layout
    lanes = layout.word_channels
    found: Counter[tuple[str, int | None, int]] = Counter()
    first = work.source_plane * lanes + work.first_byte
    last = (work.source_plane + work.blocks - 1) * lanes + work.last_byte
    slots = range(first, last + 1) if work.dense else [plane * lanes]
    for slot in slots:
        for ky in range(work.kernel[0]):
            for kx in range(work.kernel[1]):
                view: View = work.source
                iy, ix = y, x
                if work.second is not None:
                    view = (work.source, work.second)[ky]
                else:
                    iy = y * work.stride[0] + work.origin[0] + ky * work.dilation[0]
                    ix = x * work.stride[1] + work.origin[1] + kx * work.dilation[1]
                word = None
                if 0 <= iy < layout.height and 0 <= ix < layout.width:
                    word = view.offset + slot // lanes * layout.plane_words
                    word += iy * layout.width + ix
                found[view.buffer, word, slot % lanes] += 1
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_output_is_made_of_what_it_needs(kind: str) -> None:
    for seed in SEEDS:
        work, geometry, shape, _ = random_case(seed, kind)
        layout = work.destination.layout
        found = reads_of_outputs(work, geometry, shape)
        for plane in range(work.channel_tiles):
            for y in range(work.output_size[0]):
                for x in range(work.output_size[1]):
                    row = work.output_origin[0] + y
                    word = (work.destination_plane + plane) * layout.plane_words
                    word += work.destination.offset
                    word += row * layout.width + work.output_origin[1] + x
                    reads = found[word]
                    if geometry.lane_sum:
                        # Lanes beyond the map add nothing.
                        reads = Counter({key: n for key, n in reads.items() if key[1] is not None})
                    elif not work.dense:
                        # The byte of a depthwise step is that of the channel lane.
                        assert all(key[2] == 0 for key in reads)
                    assert reads == expected_reads(work, y, x, plane)


@pytest.mark.parametrize("kind", KINDS)
def test_segments_fit_the_window(kind: str) -> None:
    for seed in SEEDS:
        _, geometry, shape, window = random_case(seed, kind)
        kernel = geometry.segmentation
        reach = (shape.tile_columns - 1) * geometry.lane_stride
        assert 1 <= kernel.taps_last <= kernel.taps
        assert reach + kernel.taps <= window or geometry.lane_sum
        # The chunks hold what the lanes see, and the last of them is needed.
        assert geometry.chunks * shape.banks >= reach + kernel.taps
        assert (geometry.chunks - 1) * shape.banks < reach + kernel.taps


@pytest.mark.parametrize("kind", KINDS)
def test_partial_tiles(kind: str) -> None:
    """Only the last tiles of each direction are, and of those the last rows and columns."""
    for seed in SEEDS:
        work, geometry, shape, _ = random_case(seed, kind)
        assert geometry.steps_last == -(-work.last_channels // shape.requant_lanes)
        assert 1 <= geometry.rows_last <= shape.tile_rows
        assert 1 <= geometry.columns_last <= shape.tile_columns
        if geometry.lane_sum:
            continue
        counts = [len(tile.words) for tile in tiles(work, geometry, shape)][:: work.channel_tiles]
        expected = []
        for tile_row in range(geometry.tile_rows):
            for tile_column in range(geometry.tile_columns):
                last_row = tile_row == geometry.tile_rows - 1
                last_column = tile_column == geometry.tile_columns - 1
                rows = geometry.rows_last if last_row else shape.tile_rows
                columns = geometry.columns_last if last_column else shape.tile_columns
                if geometry.linear:
                    # All rows but the last of the last tile are whole.
                    rows = geometry.rows_last if last_column else shape.tile_rows
                    expected.append((rows - 1) * shape.tile_columns + columns)
                else:
                    expected.append(rows * columns)
        assert counts == expected
