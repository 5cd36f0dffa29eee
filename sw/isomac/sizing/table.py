"""The answer on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isomac.sizing.fronts import Fronts
from isomac.sizing.point import RESOURCES, Point, lacks
from isomac.sizing.sentences import shape_text
from isomac.sizing.study import Study

#: Rows of the front that are shown; all are in the files.
ROWS = 16
#: Columns where it is not printed on a terminal, which has its own.
WIDTH = 132


@dataclass(frozen=True)
class _Row:
    """An accelerator in a table, under the name of its target if the table has several."""

    name: str
    point: Point
    style: str | None


def make_console() -> Console:
    """Return a console that is wide enough for the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def print_study(study: Study, name: str, said: Sequence[str], console: Console) -> None:
    """Print the answer, the front behind it, and the explanation."""
    if len(study.outcomes) > 1:
        console.print(_targets(study, name, console))
    else:
        console.print(_front(study, name, console))
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


#: Columns, the numbers first.
_HEADINGS = (
    *("P x M, R, B", "multi-\npliers", "cycles", "MHz", "latency,\nms", "a\nsecond"),
    *("LUT", "FF", "hard\nmulti-\npliers", "block\nRAMs", "busy", "short of"),
)
#: Columns that go first where there is no room: other columns tell them, or sentences do.
_SPARE = ("multi-\npliers", "busy", "a\nsecond", "FF")
#: Characters of the column of what is short, which has several lines.
_SHORT_WIDTH = 17


def _fitted(console: Console, title: str, caption: str | None, rows: Sequence[_Row]) -> Table:
    """A table with as many columns as there is room for."""
    for dropped in range(len(_SPARE) + 1):
        table = _table(title, caption, rows, _SPARE[:dropped])
        unlimited = console.options.update(max_width=1000)
        if console.measure(table, options=unlimited).maximum <= console.width:
            break
    return table


def _table(title: str, caption: str | None, rows: Sequence[_Row], without: Sequence[str]) -> Table:
    table = Table(title=title, caption=caption)
    named = any(row.name for row in rows)
    if named:
        table.add_column("target", overflow="fold")
    for heading in _HEADINGS:
        if heading == "short of":
            table.add_column(heading, overflow="fold", max_width=_SHORT_WIDTH)
        elif heading not in without:
            # A number that is cut short is another number: it folds if it must.
            table.add_column(heading, justify="right", overflow="fold")
    for row in rows:
        cells = zip(_HEADINGS, _cells(row.point), strict=True)
        kept = [cell for heading, cell in cells if heading not in without]
        table.add_row(*([row.name] if named else []), *kept, style=row.style)
    return table


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
        lacks(point),
    ]


def _front(study: Study, name: str, console: Console) -> Table:
    answer = study.answer
    title = f"{escape(name)} on {answer.target.name}"
    caption = "MHz with the interval of nine in ten" if answer.shown.clock_is == "predicted" else ""
    if study.goal.fixed is None:
        limits = "what fits" if answer.best and study.goal.target else "all shapes"
        title = f"{title}: latency against LUTs, {limits}"
        found = f"best of {answer.fronts.shapes:,} shapes"
        caption = f"{found}; {caption}" if caption else found
    style = "bold green" if answer.best else "bold red"
    rows = [
        _Row("", point, style if point is answer.shown else None)
        for point in thinned(answer.fronts, answer.shown)
    ]
    return _fitted(console, title, caption or None, rows)


def _targets(study: Study, name: str, console: Console) -> Table:
    rows = [
        _Row(
            outcome.target.name,
            outcome.shown,
            "bold green" if outcome is study.answer and outcome.best else None,
        )
        for outcome in study.outcomes
    ]
    return _fitted(console, f"{escape(name)}, the smallest target first", None, rows)
