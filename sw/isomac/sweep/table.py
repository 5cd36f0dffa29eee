"""The results of the sweep: a CSV file that grows by a row for each finished point."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from isomac.errors import IsomacError
from isomac_hw.job import FIELD_NAMES
from isomac_hw.parameters import AcceleratorParameters


@dataclass(frozen=True, kw_only=True)
class Row:
    """A finished point.

    Members
    -------
    name, network, target
        Of the point.
    mode, tile, channel_lanes, requant_lanes, banks, multipliers
        Of the accelerator.
    seed
        Of the placement.
    placed
        Whether it was placed and routed.
    lut, ff, dsp, bram
        Of the target's resources; of place and route where it counts them.
    lut_synthesized, carry
        LUTs and cells of carry chains after synthesis.
    fmax
        MHz; None where nothing was placed.
    seconds
        That synthesis, place and route took.
    tools
        Their versions.
    parameters, layout
        All parameters of the accelerator, the bits of its program's rows apart; `parameters_of`.
    constant_bits
        See `isomac.resources.memories.memories`.
    key
        Stands for everything that decides the figures.
    """

    name: str
    network: str
    target: str
    mode: str
    tile: str
    channel_lanes: int
    requant_lanes: int
    banks: int
    multipliers: int
    seed: int
    placed: bool
    lut: int
    ff: int
    dsp: int
    bram: int
    lut_synthesized: int
    carry: int
    fmax: float | None
    seconds: float
    tools: str
    constant_bits: str
    parameters: str
    layout: str
    key: str


COLUMNS = tuple(field.name for field in fields(Row))
_TYPES = {field.name: str(field.type) for field in fields(Row)}


def read_table(path: Path) -> list[Row]:
    """Return the rows of a file, of each point the newest; none if there is no file.

    A last line without an end is what an interruption has left; it does not count.

    Raises
    ------
    IsomacError
        If the file cannot be read or is damaged.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise IsomacError(f"{path} cannot be read: {error}") from None
    text = text[: text.rfind("\n") + 1]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: dict[str, Row] = {}
    try:
        header = next(reader, None)
        if header is not None and tuple(header) != COLUMNS:
            raise IsomacError(f"{path} is no table of a sweep: its columns are others")
        for cells in reader:
            row = _row(cells)
            rows[row.name] = row
    except (csv.Error, ValueError, TypeError) as error:
        raise IsomacError(f"line {reader.line_num} of {path} is damaged: {error}") from None
    return list(rows.values())


def _row(cells: Sequence[str]) -> Row:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"it has {len(cells)} cells, not {len(COLUMNS)}")
    values: dict[str, Any] = {}
    for name, cell in zip(COLUMNS, cells, strict=True):
        kind = _TYPES[name]
        if kind == "int":
            values[name] = int(cell)
        elif kind == "float":
            values[name] = float(cell)
        elif kind == "float | None":
            values[name] = float(cell) if cell else None
        elif kind == "bool":
            if cell not in ("yes", "no"):
                raise ValueError(f"{name} must be yes or no, not {cell!r}")
            values[name] = cell == "yes"
        else:
            values[name] = cell
    return Row(**values)


def _line(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


def append_row(path: Path, row: Row) -> None:
    """Add a row to a file that `write_table` has written, in one piece."""
    line = _line(_cell(getattr(row, name)) for name in COLUMNS)
    with path.open("ab") as file:
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write a file anew.

    Raises
    ------
    IsomacError
        If it cannot be written.
    """
    lines = [_line(COLUMNS)]
    lines += [_line(_cell(getattr(row, name)) for name in COLUMNS) for row in rows]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", delete=False
        ) as file:
            file.writelines(lines)
        mode = path.stat().st_mode if path.exists() else 0o644
        Path(file.name).chmod(mode & 0o777)
        Path(file.name).replace(path)
    except OSError as error:
        raise IsomacError(f"{path} cannot be written: {error.strerror}") from None


def described(parameters: AcceleratorParameters) -> tuple[str, str]:
    """Return all parameters in two short texts: the layout's fields, and the others."""
    data = parameters.to_dict()
    layout = {field["name"]: field for field in data.pop("job_layout")}
    places = " ".join(
        str(field["width"]) if field["constant"] is None else f"={field['constant']}"
        for field in (layout[name] for name in FIELD_NAMES)
    )
    return json.dumps(data, separators=(",", ":")), places


def parameters_of(row: Row) -> AcceleratorParameters:
    """Return the parameters of the accelerator of a row.

    Raises
    ------
    IsomacError
        If they are not those of this version's hardware.
    """
    try:
        places = row.layout.split()
        layout: list[Mapping[str, object]] = []
        offset = 0
        for name, place in zip(FIELD_NAMES, places, strict=True):
            width = 0 if place.startswith("=") else int(place)
            constant = int(place[1:]) if place.startswith("=") else None
            layout.append(
                {"name": name, "offset": 0 if place.startswith("=") else offset}
                | {"width": width, "constant": constant}
            )
            offset += width
        data = json.loads(row.parameters)
        return AcceleratorParameters.from_dict(data | {"job_layout": layout})
    except (ValueError, TypeError) as error:
        raise IsomacError(
            f"the parameters of {row.name} are not those of this version's hardware ({error});"
            " make sweep does what is outdated again"
        ) from None
