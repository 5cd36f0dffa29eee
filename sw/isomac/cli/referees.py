"""What referees say about the golden model of a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isomac.referees import Agreement, find_referee
from isomac.referees.case import read_case


class Panel:
    """Several referees of one bundle.

    Parameters
    ----------
    bundle
        The folder.
    count
        Number of its test inputs that are judged, None for all.
    names
        Of the referees; one that is named twice judges once.

    Raises
    ------
    IsomacError
        If there is no such referee, or one cannot judge this bundle.
    """

    def __init__(self, bundle: Path, count: int | None, names: Sequence[str]) -> None:
        self._referees = [find_referee(name) for name in dict.fromkeys(names)]
        self._case = read_case(bundle, count)
        for referee in self._referees:
            referee.check(self._case)

    def judge(self, console: Console) -> list[Agreement]:
        """Let all of them judge, print what they found, and return it."""
        found = [referee.agreement(self._case) for referee in self._referees]
        print_agreements(found, console)
        return found


def print_agreements(found: Sequence[Agreement], console: Console) -> None:
    """Print a table of agreements, and below it what was not judged."""
    table = Table(title="The golden model, judged by others")
    table.add_column("referee")
    table.add_column("kernels")
    for heading in ("values", "differing", "largest difference"):
        table.add_column(heading, justify="right")
    for agreement in found:
        table.add_row(
            escape(agreement.name),
            escape(agreement.kernel_set),
            f"{agreement.values:,}",
            f"{agreement.differing:,}",
            f"{agreement.largest}",
        )
    console.print(table)
    for agreement in found:
        for sentence in agreement.not_judged:
            line = f"  Not judged by {agreement.name}: {sentence}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
