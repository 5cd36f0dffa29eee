"""What referees say about the golden model of imported networks: one row a network and referee.

    python bench/agreement.py [FILE ...] [-n 256]

A referee is a program that nobody here wrote, see `isomac.referees`. The files are models that can
be imported; without any, those that the tests use. The inputs are random bytes, the same in every
run. `isomac cosim BUNDLE --referee NAME` does the same with the test inputs of a bundle.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from isomac.cli.vectors import random_inputs
from isomac.errors import IsomacError
from isomac.golden.evaluate import evaluate
from isomac.importers import import_model, is_importable, kernels_of
from isomac.referees import Agreement, Case, find_referee, referee_names

FIXTURES = Path(__file__).resolve().parent.parent / "tests" / "sw" / "importers" / "fixtures"
WIDTH = 140


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="default: the files of the tests")
    parser.add_argument("-n", "--inputs", type=int, default=256, help="random inputs of each")
    options = parser.parse_args()
    files = options.files or [path for path in sorted(FIXTURES.rglob("*")) if is_importable(path)]
    console = Console(width=WIDTH)
    table = Table(box=MARKDOWN)
    for heading in ("network", "referee", "kernels"):
        table.add_column(heading)
    for heading in ("values", "differing", "share", "largest"):
        table.add_column(heading, justify="right")
    left_out = []
    totals: dict[tuple[str, str], list[Agreement]] = defaultdict(list)
    for file in files:
        for found in judge(file, options.inputs):
            table.add_row(
                file.name,
                found.name,
                found.kernel_set,
                f"{found.values:,}",
                f"{found.differing:,}",
                f"{found.share:.3%}" if found.differing else "0",
                f"{found.largest}",
            )
            if found.values:
                totals[file.suffix, found.name].append(found)
            left_out += [f"{file.name}, {found.name}: {each}" for each in found.not_judged]
    table.add_section()
    for (suffix, name), all_found in totals.items():
        values, differing = (
            sum(getattr(found, member) for found in all_found) for member in ("values", "differing")
        )
        table.add_row(
            f"{len(all_found)} {suffix} files",
            name,
            "",
            f"{values:,}",
            f"{differing:,}",
            f"{differing / values:.3%}" if differing else "0",
            f"{max(found.largest for found in all_found)}",
        )
    console.print(table)
    for sentence in left_out:
        console.print(f"Not judged: {sentence}", markup=False, highlight=False, soft_wrap=True)


def judge(file: Path, count: int) -> Iterator[Agreement]:
    """Let everybody who can run a file judge the golden model of its network."""
    for name in referee_names():
        referee = find_referee(name)
        try:
            case = _case(file, count, name if name in kernels_of(file) else None)
            referee.check(case)
        except IsomacError:
            continue
        yield referee.agreement(case)


def _case(file: Path, count: int, kernels: str | None) -> Case:
    """The golden model's values of a network, as the kernels of a referee would have them."""
    imported = import_model(file, kernels=kernels)
    graph = imported.graph
    tensors = evaluate(graph, random_inputs(graph, count))
    arrays = {name: value.numpy() for name, value in tensors.items()}
    return Case(file.name, graph, arrays, imported)


if __name__ == "__main__":
    main()
