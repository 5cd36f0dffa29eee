"""Rows and tasks that need no synthesis."""

import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from isomac.errors import IsomacError
from isomac.sweep.outcome import Known, Unmade
from isomac.sweep.point import Accelerator, Point
from isomac.sweep.table import Row

ACCELERATOR = Accelerator(
    network="tiny_dense", tile=(1, 1), channel_lanes=2, requant_lanes=1, banks=1
)


def points(count: int) -> list[Point]:
    """Return different points."""
    return [
        Point(accelerator=ACCELERATOR, target="ecp5-25f", place=True, seed=seed)
        for seed in range(1, count + 1)
    ]


def row(name: str = "a@b", **changes: Any) -> Row:
    """Return a row with the key of its name."""
    fields = {
        "network": "tiny_dense",
        "target": "ecp5-25f",
        "mode": "fixed",
        "tile": "1x2",
        "channel_lanes": 4,
        "requant_lanes": 2,
        "banks": 1,
        "multipliers": 8,
        "seed": 1,
        "placed": True,
        "lut": 2000,
        "ff": 1500,
        "dsp": 8,
        "bram": 3,
        "lut_synthesized": 1900,
        "carry": 300,
        "fmax": 61.5,
        "seconds": 12.5,
        "tools": "yosys 1, nextpnr 2",
        "constant_bits": '{"program":3}',
        "parameters": "{}",
        "layout": "1 =2",
        "key": f"key of {name}",
    }
    return Row(name=name, **{**fields, **changes})


def quick(point: Point, finished: Collection[str]) -> Row | Known | Unmade:
    """Do nothing, as fast as can be; the point with seed 3 fails."""
    if f"key of {point.name}" in finished:
        return Known(point.name)
    if point.seed == 3:
        return Unmade(point.name, str(IsomacError("the third of all points")))
    return row(point.name)


def waiting(point: Point, finished: Collection[str], folder: Path) -> Row | Known | Unmade:
    """Leave a mark that says which process has begun, and wait until all may end."""
    (folder / f"{point.name}.{os.getpid()}.begun").touch()
    while not (folder / "go").exists():
        time.sleep(0.02)
    return quick(point, finished)


def endless(point: Point, finished: Collection[str], folder: Path) -> Row | Known | Unmade:
    """Do the first point, and never come to an end with the others."""
    if point.seed > 1:
        (folder / f"{os.getpid()}.hangs").touch()
        time.sleep(600)
    return quick(point, finished)
