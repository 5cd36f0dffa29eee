"""The loader nest in plain Python: loops with absolute steps, and the job that says the same."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from isomac_hw.job import Job, Kind
from isomac_hw.parameters import AcceleratorParameters

#: Outermost first.
LOOPS = (
    "tile_row",
    "tile_column",
    "channel_tile",
    "kernel_row",
    "column",
    "block",
    "row",
    "chunk",
)
#: Loops that share a field of the job, which therefore must need the same step.
Y_FIELD = {"column": "y_block", "tile_column": "y_channel_tile"}
#: Fields of the job that count a loop; the rows of a tile are those of the hardware.
COUNT_FIELD = {
    "chunk": "chunks",
    "block": "blocks",
    "column": "columns",
    "kernel_row": "kernel_rows",
    "channel_tile": "channel_tiles",
    "tile_column": "tile_columns",
    "tile_row": "tile_rows",
}


@dataclass(frozen=True)
class Chunk:
    """A chunk of B words: where it is read, where it goes, and what it ends."""

    address: int
    y: int
    x: int
    chunk: int
    row: int
    segment_end: bool
    tags: dict[str, int]


@dataclass(frozen=True)
class Nest:
    """Counts of the loops, and what one turn of each adds to address, y and x."""

    counts: Mapping[str, int]
    address: Mapping[str, int]
    y: Mapping[str, int] = field(default_factory=dict)
    x: Mapping[str, int] = field(default_factory=dict)
    base: int = 0
    start_y: int = 0
    start_x: int = 0

    def chunks(self) -> list[Chunk]:
        """Everything that the nest reads, in order."""
        return [
            self._chunk(dict(zip(LOOPS, turn, strict=True)))
            for turn in itertools.product(*(range(self.counts[name]) for name in LOOPS))
        ]

    def _chunk(self, turn: dict[str, int]) -> Chunk:
        first = {name: turn[name] == 0 for name in LOOPS}
        last = {name: turn[name] == self.counts[name] - 1 for name in LOOPS}
        return Chunk(
            address=self.base + sum(turn[name] * self.address.get(name, 0) for name in LOOPS),
            y=self.start_y + sum(turn[name] * self.y.get(name, 0) for name in LOOPS),
            x=self.start_x + sum(turn[name] * self.x.get(name, 0) for name in LOOPS),
            chunk=turn["chunk"],
            row=turn["row"],
            segment_end=last["chunk"] and last["row"],
            tags={
                "last_column": last["column"],
                "first_block": first["block"],
                "last_block": last["block"],
                "first": first["block"] and first["column"] and first["kernel_row"],
                "last": last["block"] and last["column"] and last["kernel_row"],
                "last_channel_tile": last["channel_tile"],
                "job_end": all(last.values()),
            },
        )

    def job(self, address_range: int, **changes: Any) -> Job:
        """The job of this nest."""
        values: dict[str, int] = {}
        for index, name in enumerate(LOOPS[:-1]):
            for tracker, steps, shared in (
                ("address", self.address, {}),
                ("y", self.y, Y_FIELD),
                ("x", self.x, {}),
            ):
                back = sum(
                    (self.counts[inner] - 1) * steps.get(inner, 0) for inner in LOOPS[index + 1 :]
                )
                step = steps.get(name, 0) - back
                if tracker == "address":
                    step %= address_range
                own = shared.get(name, f"{tracker}_{name}")
                assert values.setdefault(own, step) == step, f"loops need different {own}"
        values |= {COUNT_FIELD[name]: self.counts[name] - 1 for name in COUNT_FIELD}
        values |= {
            "kind": Kind.ARRAY,
            "input_base": self.base % address_range,
            "start_y": self.start_y,
            "start_x": self.start_x,
        }
        return Job(**{**values, **changes})


def window_nest(
    p: AcceleratorParameters,
    *,
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    blocks: int = 1,
    channel_tiles: int = 1,
    depthwise: bool = False,
    base: int = 0,
) -> Nest:
    """The nest of a kernel that slides over a map of (height, width), with (top, left, bottom,
    right) padding; a channel tile of a depthwise job reads its own plane.
    """
    height, width = size
    out_y, out_x = (
        (size[axis] + padding[axis] + padding[axis + 2] - dilation[axis] * (kernel[axis] - 1) - 1)
        // stride[axis]
        + 1
        for axis in (0, 1)
    )
    reach = (p.tile_columns - 1) * stride[1]
    taps = min(kernel[1], p.window_columns - reach) if dilation[1] == 1 else 1
    column_step = taps if dilation[1] == 1 else dilation[1]
    tile_y, tile_x = p.tile_rows * stride[0], p.tile_columns * stride[1]
    plane = height * width
    return Nest(
        counts={
            "chunk": -(-(reach + taps) // p.banks),
            "row": p.tile_rows,
            "block": blocks,
            "column": -(-kernel[1] // taps),
            "kernel_row": kernel[0],
            "channel_tile": channel_tiles,
            "tile_column": -(-out_x // p.tile_columns),
            "tile_row": -(-out_y // p.tile_rows),
        },
        address={
            "chunk": p.banks,
            "row": stride[0] * width,
            "block": plane,
            "column": column_step,
            "kernel_row": dilation[0] * width,
            "channel_tile": plane if depthwise else 0,
            "tile_column": tile_x,
            "tile_row": tile_y * width,
        },
        y={"row": stride[0], "kernel_row": dilation[0], "tile_row": tile_y},
        x={"chunk": p.banks, "column": column_step, "tile_column": tile_x},
        base=base - padding[0] * width - padding[1],
        start_y=-padding[0],
        start_x=-padding[1],
    )
