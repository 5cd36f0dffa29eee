"""How early the next array job may start while the last words of the one before are written.

The schedule is static: the next job reads its q-th chunk at the earliest q + 1 cycles after its
launch, and a drain step v cycles after the last step of a job has its word in memory as many cycles
later as the output stage takes. The launch is delayed until no word is read before it is there.
"""

from collections.abc import Iterator
from itertools import product

from isomac.compile.geometry import Geometry
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork


def launch_delay(
    work: ArrayWork,
    geometry: Geometry,
    following: ArrayWork,
    following_geometry: Geometry,
    shape: ArrayShape,
    latency: int,
) -> int:
    """Cycles from the last step of `work` to the launch of `following`.

    `latency` is that of the output stage.

    0 if it must wait for the end, the launch in the cycle after which comes by itself.
    """
    written = dict(_late_words(work, geometry, shape, latency))
    end = max(written.values())
    delay = 1
    late = range(min(written), max(written) + 1)
    for index, buffer, words in _chunks(following, following_geometry, shape, late, end):
        if end - index <= delay:
            break  # whatever is read from here on is there in time
        if buffer == work.destination.buffer:
            # Written at the end of cycle w, it can be addressed from w + 1 on.
            delay = max([delay, *(written.get(word, 0) - index for word in words)])
    return delay if delay <= end else 0


def _late_words(
    work: ArrayWork, geometry: Geometry, shape: ArrayShape, latency: int
) -> Iterator[tuple[int, int]]:
    """Words of the buffer that are written last, and how many cycles after the job's last step.

    Tiles are walked backwards. All but the last are taken to drain as late as they can, right
    behind each other. Words that are written before a launch can come are left out.
    """
    layout = work.destination.layout
    first = (
        work.destination.offset
        + work.destination_plane * layout.plane_words
        + work.output_origin[0] * layout.width
        + work.output_origin[1]
    )
    tiles = product(
        reversed(range(geometry.tile_rows)),
        reversed(range(geometry.tile_columns)),
        reversed(range(work.channel_tiles)),
    )
    start = 0
    for index, (tile_row, tile_column, plane) in enumerate(tiles):
        steps = geometry.steps_last if plane == work.channel_tiles - 1 else shape.drain_steps
        pixels = list(_pixels(geometry, shape, layout.width, tile_row, tile_column))
        if geometry.lane_sum:
            # All pixels drain, but into one word.
            pixels, steps = pixels[:1], steps * len(pixels)
        if index:
            start -= len(pixels) * steps
        for place, pixel in enumerate(pixels, start=1):
            word = first + plane * layout.plane_words + pixel
            yield word, start + place * steps + latency
        if start + latency < 1:
            return


def _pixels(
    geometry: Geometry, shape: ArrayShape, width: int, tile_row: int, tile_column: int
) -> Iterator[int]:
    """Pixels of a tile in the order in which they drain, as words from the first output."""
    in_last_row = tile_row == geometry.tile_rows - 1
    in_last_column = tile_column == geometry.tile_columns - 1
    if geometry.linear:
        left = (geometry.rows_last - 1) * shape.tile_columns + geometry.columns_last
        first = tile_column * shape.pixel_lanes
        yield from range(first, first + (left if in_last_column else shape.pixel_lanes))
        return
    for row in range(geometry.rows_last if in_last_row else shape.tile_rows):
        first = (tile_row * shape.tile_rows + row) * width + tile_column * shape.tile_columns
        valid = geometry.columns_last if in_last_column else shape.tile_columns
        yield from range(first, first + valid)


def _chunks(
    work: ArrayWork, geometry: Geometry, shape: ArrayShape, late: range, end: int
) -> Iterator[tuple[int, str, range]]:
    """Number, buffer, and words inside the map of chunks, in the order of the loader nest.

    Of the chunks before number `end`, those of segments that may have words of `late`.
    """
    kernel, layout = geometry.segmentation, work.source.layout
    column_step = kernel.taps if work.dilation[1] == 1 else work.dilation[1]
    if geometry.linear:
        height, width = 1, layout.plane_words
        tile_y, tile_x, row_y, row_x = 0, shape.pixel_lanes, 0, shape.tile_columns
        origin_y = origin_x = 0
    else:
        height, width = layout.height, layout.width
        row_y, row_x = work.stride[0], 0
        tile_y, tile_x = shape.tile_rows * row_y, shape.tile_columns * work.stride[1]
        origin_y, origin_x = work.origin
    first_chunk, load = -shape.tile_rows * geometry.chunks, shape.tile_rows * geometry.chunks
    next_row = row_y * width + row_x
    for tile_row, tile_column, channel_tile, kernel_row, column, block in product(
        range(geometry.tile_rows),
        range(geometry.tile_columns),
        range(work.channel_tiles),
        range(kernel.kernel_rows),
        range(kernel.columns),
        range(work.blocks),
    ):
        view = work.source
        y, x = origin_y + tile_row * tile_y, origin_x + tile_column * tile_x
        if work.second is not None and kernel_row:
            # The two "kernel rows" of an add are its operands.
            view = work.second
        elif geometry.lane_sum:
            x += kernel_row * shape.pixel_lanes
        elif work.second is None:
            y += kernel_row * work.dilation[0]
            x += column * column_step
        plane = work.source_plane + (block if work.dense else channel_tile)
        line = view.offset + plane * layout.plane_words + y * width
        first_chunk += load
        if first_chunk >= end:
            return
        below = line + shape.tile_rows * next_row + width <= late.start
        if below or line + max(x, 0) >= late.stop:
            continue
        for row in range(shape.tile_rows):
            if not 0 <= y + row * row_y < height:
                continue
            begin = line + row * row_y * width
            for chunk in range(geometry.chunks):
                start = x + row * row_x + chunk * shape.banks
                stop = min(start + shape.banks, width)
                number = first_chunk + row * geometry.chunks + chunk
                yield number, view.buffer, range(begin + max(start, 0), begin + stop)
