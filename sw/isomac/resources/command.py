"""What `isomac resources` does with its options."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from isomac.errors import IsomacError
from isomac.resources.models import Models, fit_models
from isomac.resources.samples import make_samples
from isomac.resources.validation import Errors, errors, exact, held_out, with_intervals
from isomac.sweep.table import Row, read_table

#: The table of the sweep that comes with isomac.
TABLE = "sweep.csv"
_NAMES = {"lut": "LUT", "ff": "FF", "dsp": "DSP", "bram": "BRAM", "fmax": "Fmax"}


def run_command(path: Path | None, output: Path | None, *, markdown: bool) -> int:
    """Fit the resource models, print their errors, and return the exit status.

    Parameters
    ----------
    path
        The table of a sweep; None for the one that comes with isomac.
    output
        Where the coefficients are written to; None for nowhere.
    markdown
        Whether the errors are printed for a Markdown file.

    Raises
    ------
    IsomacError
        If the table is missing or damaged, or scipy is not installed.
    """
    _check_scipy()
    rows = _rows(path)
    samples = make_samples(rows)
    points = held_out(samples)
    lines = _lines(errors(points), exact(samples))
    if markdown:
        _print_markdown(lines)
    else:
        _print_table(lines)
    if output is not None:
        _write(with_intervals(fit_models(samples), points), output)
    return 0


def _check_scipy() -> None:
    try:
        import scipy  # noqa: F401
    except ImportError:
        raise IsomacError(
            "the fit needs scipy, which comes with pip install 'isomac[sweep]'"
        ) from None


def _rows(path: Path | None) -> list[Row]:
    if path is None:
        with as_file(files("isomac.resources") / TABLE) as own:
            return _rows(own)
    rows = read_table(path)
    if not rows:
        raise IsomacError(f"{path} has no points of a sweep; isomac sweep {path} makes them")
    return rows


_HEADER = ("target", "resource", "points", "mean error", "worst error", "remark")


def _lines(
    found: Sequence[Errors], rules: dict[tuple[str, str], tuple[int, int]]
) -> list[tuple[str, ...]]:
    """The error table: a line for each model and resource."""
    lines = []
    for (model, resource), (right, of) in sorted(rules.items()):
        share = f"{of - right} of {of} differ" if of - right else "all exact"
        lines.append((model, _NAMES[resource], str(of), "", "", f"by rule: {share}"))
    for e in found:
        remark = "held out"
        if e.inside is not None:
            remark = f"held out; {e.inside:.0%} of them in the interval"
        lines.append(
            (e.model, _NAMES[e.resource], str(e.points), f"{e.mean:.1%}", f"{e.worst:.1%}", remark)
        )
    order = list(_NAMES.values())
    return sorted(lines, key=lambda line: order.index(line[1]))


def _print_table(lines: Sequence[tuple[str, ...]]) -> None:
    table = Table(*_HEADER, title="Errors of the resource models")
    for line in lines:
        table.add_row(*line)
    Console().print(table)


def _print_markdown(lines: Sequence[tuple[str, ...]]) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for line in (_HEADER, ("---",) * len(_HEADER), *lines):
        console.print(f"| {' | '.join(line)} |")


def _write(models: Models, path: Path) -> None:
    """Write the coefficients, of as many digits as mean something.

    Raises
    ------
    IsomacError
        If the file cannot be written.
    """

    def rounded(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rounded(entry) for key, entry in value.items()}
        return float(f"{value:.5g}")

    try:
        path.write_text(json.dumps(rounded(models), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise IsomacError(f"{path} cannot be written: {error.strerror}") from None
