"""What a job's loops are on a given array; the cycle model and the job builder share it."""

from dataclasses import dataclass

from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, Segmentation


@dataclass(frozen=True)
class Geometry:
    """Loops of an array job.

    Members
    -------
    linear
        The map is taken as one line, of which a tile covers P pixels.
    lane_sum
        The lanes share the reduction over the line, a tile after the other.
    lane_stride
        Distance of neighbouring pixel lanes in the window; 1 where only one lane of a row is busy.
    segmentation
        How the kernel is cut into segments.
    chunks
        Chunks of a window row.
    tile_rows, tile_columns
        Tiles of the output in each direction.
    rows_last, columns_last
        Valid rows and columns of the last tile in each direction.
    steps_last
        Drain steps of the last channel tile.
    """

    linear: bool
    lane_sum: bool
    lane_stride: int
    segmentation: Segmentation
    chunks: int
    tile_rows: int
    tile_columns: int
    rows_last: int
    columns_last: int
    steps_last: int

    @classmethod
    def of(
        cls, work: ArrayWork, shape: ArrayShape, window_columns: int, *, lane_sum: bool = True
    ) -> "Geometry":
        """The loops of `work` on an array of this shape; `lane_sum` allows lanes to share sums."""
        steps_last = -(-work.last_channels // shape.requant_lanes)
        if lane_sum and _lanes_should_share(work, shape):
            tiles = -(-work.source.layout.plane_words // shape.pixel_lanes)
            return cls(
                linear=True,
                lane_sum=True,
                lane_stride=1,
                segmentation=Segmentation(tiles, 1, 1, 1),
                chunks=-(-shape.tile_columns // shape.banks),
                tile_rows=1,
                tile_columns=1,
                rows_last=shape.tile_rows,
                columns_last=shape.tile_columns,
                steps_last=steps_last,
            )
        stride = lane_stride(work, shape)
        reach = (shape.tile_columns - 1) * stride
        # Only neighbouring kernel columns can share a segment.
        taps = min(work.kernel[1], window_columns - reach) if work.dilation[1] == 1 else 1
        columns = -(-work.kernel[1] // taps)
        height, width = work.output_size
        if work.pointwise:
            tile_rows, tile_columns = 1, -(-height * width // shape.pixel_lanes)
            left = height * width - (tile_columns - 1) * shape.pixel_lanes
            rows_last = -(-left // shape.tile_columns)
            columns_last = left - (rows_last - 1) * shape.tile_columns
        else:
            tile_rows = -(-height // shape.tile_rows)
            tile_columns = -(-width // shape.tile_columns)
            rows_last = height - (tile_rows - 1) * shape.tile_rows
            columns_last = width - (tile_columns - 1) * shape.tile_columns
        return cls(
            linear=work.pointwise,
            lane_sum=False,
            lane_stride=stride,
            segmentation=Segmentation(
                work.kernel[0], columns, taps, work.kernel[1] - (columns - 1) * taps
            ),
            chunks=-(-(reach + taps) // shape.banks),
            tile_rows=tile_rows,
            tile_columns=tile_columns,
            rows_last=rows_last,
            columns_last=columns_last,
            steps_last=steps_last,
        )


def _lanes_should_share(work: ArrayWork, shape: ArrayShape) -> bool:
    """Whether a sum over the map takes fewer cycles if the lanes share it.

    Alone, one lane takes a step a pixel. Together they take a load a tile, and have to drain one
    after the other.
    """
    pixels = work.source.layout.plane_words
    loads = shape.tile_rows * -(-shape.tile_columns // shape.banks)
    together = max(-(-pixels // shape.pixel_lanes) * loads, shape.pixel_lanes * shape.drain_steps)
    return work.sums_map and shape.pixel_lanes > 1 and together < pixels


def lane_stride(work: ArrayWork, shape: ArrayShape) -> int:
    """Distance of neighbouring pixel lanes in the window, in words."""
    return work.stride[1] if work.output_size[1] > 1 and shape.tile_columns > 1 else 1


def window_columns(work: list[ArrayWork], shape: ArrayShape) -> int:
    """Words of a window row: whole kernel rows wherever more than one pixel lane is busy.

    Work with a single output column keeps one lane busy whatever the window holds, so it takes what
    the others need.
    """
    longest = 1
    for item in work:
        reach = (shape.tile_columns - 1) * lane_stride(item, shape)
        whole = item.kernel[1] if item.dilation[1] == 1 and item.output_size[1] > 1 else 1
        longest = max(longest, reach + whole)
    return longest
