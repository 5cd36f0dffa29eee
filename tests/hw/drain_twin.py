"""The drain nest in plain Python: what leaves a tile, in which order, and where it goes."""

from collections.abc import Iterator
from dataclasses import dataclass

from isomac_hw.job import Job
from isomac_hw.parameters import AcceleratorParameters


@dataclass(frozen=True)
class DrainStep:
    """One cycle of the drain; ``requant_row`` and ``address`` are not reduced to their widths."""

    pixel: int
    step: int
    word_end: bool
    address: int
    requant_row: int
    job_end: bool


def tiles(p: AcceleratorParameters, job: Job) -> list[list[DrainStep]]:
    """The drain steps of every tile of a job."""
    given = job.values()
    return [
        list(_tile(p, given, tile_row, tile_column, channel_tile))
        for tile_row in range(given["tile_rows"] + 1)
        for tile_column in range(given["tile_columns"] + 1)
        for channel_tile in range(given["channel_tiles"] + 1)
    ]


def _tile(
    p: AcceleratorParameters,
    job: dict[str, int],
    tile_row: int,
    tile_column: int,
    channel_tile: int,
) -> Iterator[DrainStep]:
    last_row = tile_row == job["tile_rows"]
    last_column = tile_column == job["tile_columns"]
    last_channel = channel_tile == job["channel_tiles"]
    rows, columns = p.tile_rows, [p.tile_columns] * p.tile_rows
    if job["linear"]:
        # The pixels form one line, which ends somewhere in the last tile.
        if last_row and last_column:
            rows = job["rows_last"] + 1
            columns[rows - 1] = job["columns_last"] + 1
    else:
        if last_row:
            rows = job["rows_last"] + 1
        if last_column:
            columns = [job["columns_last"] + 1] * p.tile_rows
    steps = job["steps_last"] + 1 if last_channel else p.drain_steps
    origin = (
        job["output_base"]
        + tile_row * job["output_tile_row"]
        + tile_column * job["output_tile_column"]
        + channel_tile * job["output_plane"]
    )
    places = [
        (row, column, step)
        for row in range(rows)
        for column in range(columns[row])
        for step in range(steps)
    ]
    for place in places:
        row, column, step = place
        end = place == places[-1]
        summed = job["lane_sum"]
        yield DrainStep(
            pixel=row * p.tile_columns + column,
            step=step,
            word_end=step == steps - 1 and (end or not summed),
            address=origin if summed else origin + row * job["output_row"] + column,
            requant_row=job["requant_base"] + channel_tile * p.drain_steps + step,
            job_end=end and last_row and last_column and last_channel,
        )
