"""`synth.json`, and what is printed of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isomac.synth.result import Result

#: Version of `synth.json`.
FORMAT = 1
#: Components shown of a large accelerator.
_SHOWN = 12


def write_report(path: Path, result: Result) -> None:
    """Put a result into `synth.json`, which keeps the last one of each target."""
    targets: dict[str, Any] = {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] == FORMAT and isinstance(data["targets"], dict):
            targets = data["targets"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # none yet, or none that can be used: there is a new one now
    targets[result.target] = result.to_dict()
    text = json.dumps({"format": FORMAT, "targets": dict(sorted(targets.items()))}, indent=1)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(path)


def print_result(result: Result, console: Console) -> None:
    """Print the figures of a run, and why it is none of success."""
    table = Table(title=escape(result.title))
    table.add_column("")
    for name in result.resources:
        table.add_column(name.upper(), justify="right")
    uses = result.resources.values()
    table.add_row("device", *(f"{use.available:,}" for use in uses))
    table.add_row("used", *(f"{use.used:,}" for use in uses), style="bold")
    table.add_row("", *(f"{use.used / use.available:.0%}" if use.available else "" for use in uses))
    table.add_section()
    table.add_row("harness", *(_number(result.harness.get(name, 0)) for name in result.resources))
    for part in result.components[:_SHOWN]:
        times = f" x {part.instances}" if part.instances > 1 else ""
        table.add_row(
            escape(part.name) + times,
            *(_number(part.used.get(name, 0)) for name in result.resources),
        )
    rest = result.components[_SHOWN:]
    if rest:
        sums = (sum(part.used.get(name, 0) for part in rest) for name in result.resources)
        table.add_row(f"{len(rest)} others", *(_number(number) for number in sums))
    console.print(table)
    if result.fmax is not None:
        lines = [f"{result.fmax:.1f} MHz after routing, {result.frequency:g} aimed at."]
        if result.critical_path is not None:
            lines.append(f"Slowest path: {result.critical_path}.")
    else:
        lines = ["Not placed and routed."]
    seconds = ", ".join(f"{name.replace('_', ' ')} {s:.0f} s" for name, s in result.seconds.items())
    lines.append(f"{seconds}.")
    lines += [f"Note: {remark}." for remark in result.remarks]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for problem in result.problems:
        console.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)


def _number(value: int) -> str:
    return f"{value:,}" if value else ""
