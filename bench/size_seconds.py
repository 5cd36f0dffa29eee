"""How long `isomac size` takes to find the best accelerators of the networks of the suite.

    python bench/size_seconds.py [--target ecp5-85f] [--all-shapes] [KEY ...]

Seconds of CPU time, after imports and quantization, from an integer graph to the Pareto fronts of
latency against multipliers, LUTs and memory. `--all-shapes` asks for the fronts without a target's
limits, up to 256 multipliers.
"""

import argparse
import time

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from isomac.bench.registry import networks
from isomac.bench.run import quantized
from isomac.compile.search import Constraints
from isomac.sizing.facts import Facts
from isomac.sizing.study import Goal, study
from isomac.targets import target


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="KEY", help="default: all of the suite")
    parser.add_argument("--target", default="ecp5-85f")
    parser.add_argument("--all-shapes", action="store_true", help="whatever fits no target")
    options = parser.parse_args()
    table = Table(box=MARKDOWN)
    for heading in ("network", "shapes", "predicted", "on the fronts", "CPU seconds"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    wanted = None if options.all_shapes else target(options.target)
    goal = Goal(wanted, None, Constraints(), budgeted=False)
    for key in options.networks or networks():
        graph = quantized(key)
        begin = time.process_time()
        found = study(Facts(graph), goal).answer.fronts
        seconds = time.process_time() - begin
        figures = (found.shapes, found.predicted, len(found.points))
        table.add_row(key, *(f"{figure:,}" for figure in figures), f"{seconds:.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
