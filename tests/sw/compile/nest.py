"""The loops of array work written out: what is read for which tile, and what is written.

Everything is a formula of the loop indices, from the description of a job in ARCHITECTURE.md; no
step is added to the one before.
"""

import itertools
from dataclasses import dataclass

from isomac.compile.geometry import Geometry
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, View


@dataclass(frozen=True)
class Chunk:
    """B words that are read in one cycle.

    Members
    -------
    buffer, word
        Of the first word, in whichever row of the map it lies or would lie.
    y, x
        Map coordinates of the first word.
    row, column
        Where in the window the first word goes.
    inside
        For each word whether it lies on the map.
    """

    buffer: str
    word: int
    y: int
    x: int
    row: int
    column: int
    inside: tuple[bool, ...]


@dataclass(frozen=True)
class Segment:
    """One part of a kernel: its chunks in order, its kernel columns, the bytes of a word used."""

    chunks: tuple[Chunk, ...]
    taps: int
    used_bytes: range

    @property
    def steps(self) -> int:
        """Steps of the array, which takes one byte of one kernel column after the other."""
        return self.taps * len(self.used_bytes)


@dataclass(frozen=True)
class Word:
    """A word that a tile writes: where, from which pixel lanes, and its steps in the drain."""

    word: int
    lanes: tuple[tuple[int, int], ...]
    steps: int


@dataclass(frozen=True)
class Tile:
    """One tile of one plane."""

    plane: int
    segments: tuple[Segment, ...]
    words: tuple[Word, ...]


def tiles(work: ArrayWork, geometry: Geometry, shape: ArrayShape) -> list[Tile]:
    """All tiles of the work in order."""
    places = itertools.product(
        range(geometry.tile_rows), range(geometry.tile_columns), range(work.channel_tiles)
    )
    return [
        Tile(
            plane=plane,
            segments=tuple(_segments(work, geometry, shape, (tile_row, tile_column), plane)),
            words=tuple(_words(work, geometry, shape, (tile_row, tile_column), plane)),
        )
        for tile_row, tile_column, plane in places
    ]


def _segments(
    work: ArrayWork, geometry: Geometry, shape: ArrayShape, place: tuple[int, int], plane: int
) -> list[Segment]:
    kernel = geometry.segmentation
    out = []
    for kernel_row, group, block in itertools.product(
        range(kernel.kernel_rows), range(kernel.columns), range(work.blocks)
    ):
        last_block = block == work.blocks - 1
        low = work.first_byte if block == 0 else 0
        high = work.last_byte if last_block else shape.channel_lanes - 1
        chunks = [
            _chunk(work, geometry, shape, place, plane, (kernel_row, group, block), row, chunk)
            for row, chunk in itertools.product(range(shape.tile_rows), range(geometry.chunks))
        ]
        out.append(
            Segment(
                chunks=tuple(chunks),
                taps=kernel.taps_last if group == kernel.columns - 1 else kernel.taps,
                used_bytes=range(low, high + 1) if work.dense else range(1),
            )
        )
    return out


def _chunk(
    work: ArrayWork,
    geometry: Geometry,
    shape: ArrayShape,
    place: tuple[int, int],
    plane: int,
    part: tuple[int, int, int],
    row: int,
    chunk: int,
) -> Chunk:
    kernel_row, group, block = part
    view: View = work.source
    height, width = view.layout.height, view.layout.width
    column = chunk * shape.banks
    if geometry.linear:
        height, width = 1, height * width
        tile = kernel_row if geometry.lane_sum else place[1]
        y, x = 0, tile * shape.pixel_lanes + row * shape.tile_columns
    else:
        y = (place[0] * shape.tile_rows + row) * work.stride[0] + work.origin[0]
        x = place[1] * shape.tile_columns * work.stride[1] + work.origin[1]
    if work.second is not None:
        # The kernel rows of an add are its operands.
        view = (work.source, work.second)[kernel_row]
    elif not geometry.lane_sum:
        y += kernel_row * work.dilation[0]
        x += group * geometry.segmentation.taps * work.dilation[1]
    x += column
    source_plane = work.source_plane + (block if work.dense else plane)
    return Chunk(
        buffer=view.buffer,
        word=view.offset + source_plane * height * width + y * width + x,
        y=y,
        x=x,
        row=row,
        column=column,
        inside=tuple(0 <= y < height and 0 <= x + i < width for i in range(shape.banks)),
    )


def _words(
    work: ArrayWork, geometry: Geometry, shape: ArrayShape, place: tuple[int, int], plane: int
) -> list[Word]:
    layout = work.destination.layout
    lanes = list(itertools.product(range(shape.tile_rows), range(shape.tile_columns)))
    last_plane = plane == work.channel_tiles - 1
    channels = work.last_channels if last_plane else shape.channel_lanes
    steps = -(-channels // shape.requant_lanes)
    first = work.destination.offset + (work.destination_plane + plane) * layout.plane_words
    first += work.output_origin[0] * layout.width + work.output_origin[1]
    if geometry.lane_sum:
        # All lanes drain into one word.
        return [Word(first, tuple(lanes), steps * len(lanes))]
    out = []
    for row, column in lanes:
        if geometry.linear:
            pixel = place[1] * shape.pixel_lanes + row * shape.tile_columns + column
            valid = pixel < layout.plane_words
        else:
            y = place[0] * shape.tile_rows + row
            x = place[1] * shape.tile_columns + column
            pixel = y * layout.width + x
            valid = y < work.output_size[0] and x < work.output_size[1]
        if valid:
            out.append(Word(first + pixel, ((row, column),), steps))
    return out
