"""An array job walked in plain Python, the way `isomac_hw.walker` and `isomac_hw.drain` do it."""

from collections.abc import Iterator
from dataclasses import dataclass

from isomac.compile.shape import ArrayShape
from isomac_hw.job import Job
from isomac_hw.walker import LOOPS, X_STEP, Y_STEP

#: The field of a job that counts a loop; the rows of a tile are those of the hardware.
COUNTS = {
    "chunk": "chunks",
    "block": "blocks",
    "column": "columns",
    "kernel_row": "kernel_rows",
    "channel_tile": "channel_tiles",
    "tile_column": "tile_columns",
    "tile_row": "tile_rows",
}


@dataclass(frozen=True)
class Step:
    """Where a chunk is read: address, map coordinates, row and word of the window."""

    address: int
    y: int
    x: int
    row: int
    column: int


def field(job: Job, name: str) -> int:
    """Return a field that the job must give."""
    value = getattr(job, name)
    assert isinstance(value, int), f"an array job gives {name}"
    return value


def loop_counts(job: Job, shape: ArrayShape) -> dict[str, int]:
    """Return the turns of each loop, innermost first."""
    return {
        name: field(job, COUNTS[name]) + 1 if name in COUNTS else shape.tile_rows for name in LOOPS
    }


def walk(job: Job, shape: ArrayShape, address_range: int) -> Iterator[Step]:
    """Three trackers and a counter for each loop; the innermost loop not at its end advances."""
    counts = loop_counts(job, shape)
    turn = dict.fromkeys(LOOPS, 0)
    address, y, x = (field(job, name) for name in ("input_base", "start_y", "start_x"))
    while True:
        yield Step(address, y, x, turn["row"], turn["chunk"] * shape.banks)
        advancing = next((name for name in LOOPS if turn[name] < counts[name] - 1), None)
        if advancing is None:
            return
        turn[advancing] += 1
        for inner in LOOPS[: LOOPS.index(advancing)]:
            turn[inner] = 0
        if advancing == "chunk":
            address, x = address + shape.banks, x + shape.banks
        else:
            address += field(job, f"address_{advancing}")
            y += field(job, Y_STEP[advancing])
            x += field(job, X_STEP[advancing])
        address %= address_range


def drain(job: Job, shape: ArrayShape, address_range: int) -> Iterator[tuple[int, int, int]]:
    """Address, requantization row and pixel lane of every drain step, in order."""
    rows, columns = shape.tile_rows, shape.tile_columns
    tile_rows, tile_columns, planes = (
        field(job, name) + 1 for name in ("tile_rows", "tile_columns", "channel_tiles")
    )
    for tile_row in range(tile_rows):
        for tile_column in range(tile_columns):
            for plane in range(planes):
                base = field(job, "output_base")
                base += tile_row * field(job, "output_tile_row")
                base += tile_column * field(job, "output_tile_column")
                base += plane * field(job, "output_plane")
                in_last_row = tile_row == tile_rows - 1
                in_last_column = tile_column == tile_columns - 1
                linear = bool(job.linear)
                # In a linear job only the last tile is partial, and of its rows only the last.
                partial = in_last_row and (in_last_column or not linear)
                valid_rows = field(job, "rows_last") + 1 if partial else rows
                steps = shape.drain_steps
                if plane == planes - 1:
                    steps = field(job, "steps_last") + 1
                for row in range(valid_rows):
                    cut = in_last_column and (row == valid_rows - 1 or not linear)
                    for column in range(field(job, "columns_last") + 1 if cut else columns):
                        address = base + row * field(job, "output_row") + column
                        if job.lane_sum:
                            address = base
                        for step in range(steps):
                            requant = field(job, "requant_base") + plane * shape.drain_steps + step
                            yield address % address_range, requant, row * columns + column
