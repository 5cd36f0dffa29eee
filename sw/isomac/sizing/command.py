"""What `isomac size` does with its options."""

from __future__ import annotations

import json
import os
import secrets
from importlib.metadata import version
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from isomac.cli.network import Network, read_network
from isomac.errors import IsomacError
from isomac.graph.file import load
from isomac.graph.verify import verify
from isomac.sizing.advice import hardware_changes, network_changes
from isomac.sizing.document import document
from isomac.sizing.facts import Facts
from isomac.sizing.layers import detail
from isomac.sizing.report import report
from isomac.sizing.sentences import sentences
from isomac.sizing.sizer import Sizer
from isomac.sizing.study import Goal, study
from isomac.sizing.table import make_console, print_study
from isomac.sizing.widths import chosen, widths
from isomac_cosim.bundle import open_bundle

DOCUMENT, REPORT = "size.json", "report.html"
#: Where the files go unless the user says so, or a bundle has a place for them.
FOLDER = Path("build/size")


def run_command(
    model: str,
    data: str | None,
    multiplier_bits: int | None,
    kernels: str | None,
    goal: Goal,
    output: Path | None,
) -> int:
    """Size a network, print the answer and write the files.

    Returns
    -------
    int
        0; 1 if there is no accelerator as it was asked for.

    Raises
    ------
    IsomacError, CosimError
        If the network, the bundle or the folder cannot be used.
    """
    folder = output or FOLDER
    if Path(model).is_dir():
        if data is not None or multiplier_bits is not None or kernels is not None:
            raise IsomacError(
                "a bundle holds a finished network: give no --data, --multiplier-bits or --kernels"
            )
        bundle = open_bundle(Path(model))
        if "graph.isomac" not in bundle.manifest.files:
            raise IsomacError(f"{model} has no graph.isomac, so there is no network to size")
        network = Network(load(bundle.folder / "graph.isomac"), None, None)
        folder = output or bundle.reports
    else:
        network = read_network(model, data, multiplier_bits, kernels)
    if folder.exists() and not folder.is_dir():
        raise IsomacError(f"{folder} must be a folder: the report is written to it")
    verify(network.graph)
    console = make_console()
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True
    ) as bar:
        bar.add_task("comparing accelerators")
        choice = widths(network.graph, network.reference, network.calibration, multiplier_bits)
        graph = chosen(choice).graph
        answer = study(Facts(graph), goal)
        point = answer.answer.shown
        sizer = Sizer(Facts(graph), point.target, goal.frequency)
        closely = detail(graph, point)
        changes = [*network_changes(graph, point), *hardware_changes(sizer, point)]
        by_width = [
            (width, Sizer(Facts(width.graph), point.target, goal.frequency).point(point.shape))
            for width in choice
        ]
        said = sentences(answer, closely, changes, by_width)
        data_out = document(answer, closely, changes, by_width, said, f"isomac {version('isomac')}")
        page = report(answer, closely, changes, said, data_out)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / DOCUMENT, json.dumps(data_out, indent=1, allow_nan=False) + "\n")
    _write(folder / REPORT, page)
    print_study(answer, graph.name, said, console)
    for name in (REPORT, DOCUMENT):
        console.print(f"{folder / name}", markup=False, highlight=False, soft_wrap=True)
    return 0 if answer.reached else 1


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)  # noqa: PTH105 - replaces what is there on every system
    finally:
        fresh.unlink(missing_ok=True)
