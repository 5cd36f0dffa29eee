"""The answer on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isomac.sizing.fronts import Fronts
from isomac.sizing.point import RESOURCES, Point
from isomac.sizing.sentences import shape_text
from isomac.sizing.study import Study

#: Rows of the front that are shown; all are in the files.
ROWS = 16
#: Columns where it is not printed on a terminal, which has its own.
WIDTH = 132


def make_console() -> Console:
    """Return a console that is wide enough for the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def print_study(study: Study, name: str, said: Sequence[str], console: Console) -> None:
    """Print the answer, the front behind it, and the explanation."""
    if len(study.outcomes) > 1:
        console.print(_targets(study, name))
    else:
        console.print(_front(study, name))
    for sentence in said:
        console.print(f"- {sentence}", markup=False, highlight=False, soft_wrap=True)


def thinned(fronts: Fronts, keep: Point, rows: int = ROWS) -> list[Point]:
    """Some points of the front of LUTs, spread evenly, `keep` and both ends among them."""
    front = list(fronts.fronts["lut"])
    if len(front) > rows:
        places = {round(place * (len(front) - 1) / (rows - 1)) for place in range(rows)}
        front = [front[place] for place in sorted(places)]
    if keep not in front:
        front = sorted([*front, keep], key=lambda point: -point.latency_ms)
    return front


def _columns(table: Table) -> None:
    for heading in ("P x M, R, B", "multi-\npliers", "cycles", "MHz", "latency,\nms"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("inferences\na second", "LUT", "FF", "DSP", "BRAM", "busy", "short of"):
        table.add_column(heading, justify="right")


def _cells(point: Point) -> list[str]:
    interval = ""
    if point.clock_is == "predicted":
        assert point.estimate.fmax_low is not None
        assert point.estimate.fmax_high is not None
        interval = f" ({point.estimate.fmax_low:.0f}-{point.estimate.fmax_high:.0f})"
    return [
        shape_text(point),
        str(point.multipliers),
        f"{point.cycles:,}",
        f"{point.frequency:.0f}{interval}",
        f"{point.latency_ms:.3g}",
        f"{point.throughput:,.0f}" if point.throughput >= 10 else f"{point.throughput:.2g}",
        *(f"{point.used(name):,}" for name in RESOURCES),
        f"{point.utilization:.0%}",
        ", ".join("MHz" if key == "clock" else key.upper() for key in point.short),
    ]


def _front(study: Study, name: str) -> Table:
    answer = study.answer
    limits = "what fits" if answer.best and study.goal.target else "all shapes"
    table = Table(
        title=f"{escape(name)} on {answer.target.name}: latency against LUTs, {limits}",
        caption=f"best of {answer.fronts.shapes:,} shapes; MHz with the interval of nine in ten",
    )
    _columns(table)
    for point in thinned(answer.fronts, answer.shown):
        chosen = point is answer.shown
        style = ("bold green" if answer.best else "bold red") if chosen else None
        table.add_row(*_cells(point), style=style)
    return table


def _targets(study: Study, name: str) -> Table:
    table = Table(title=f"{escape(name)}, the smallest target first")
    table.add_column("target", no_wrap=True)
    _columns(table)
    for outcome in study.outcomes:
        style = "bold green" if outcome is study.answer and outcome.best else None
        table.add_row(outcome.target.name, *_cells(outcome.shown), style=style)
    return table
