"""Simulated cycles a second of one bundle: a bare C++ loop, isomac's fast mode, cocotb as it comes.

    python bench/cosim_speed.py BUNDLE [--seconds 2] [--rounds 3]

The three are measured in turns, the best round of each counts. The bare loop captures and compares
nothing; the fast mode captures every write, shown without and with the time of the comparison.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner
from rich.console import Console
from rich.table import Table

from isomac_cosim.build import build_simulator
from isomac_cosim.bundle import Bundle, open_bundle
from isomac_cosim.images import place_images
from isomac_cosim.job import Job
from isomac_cosim.limits import cycle_limit
from isomac_cosim.run import run_job
from isomac_cosim.runner import SimulatorRunner, build_flags
from isomac_cosim.toolchain import build_environment, make_variables

HERE = Path(__file__).parent


class BareRunner(SimulatorRunner):
    """The bare loop: the flags of the fast mode, without VPI and without visible signals."""

    def __init__(self, bundle: Bundle, work: Path) -> None:
        super().__init__(trace=False)
        self._bundle = bundle
        self._work = work
        self._words = work / "input.bin"
        self._words.write_bytes(bundle.vector("input", 0, 1).tobytes())
        self.build(
            sources=[bundle.verilog],
            hdl_toplevel=bundle.manifest.top,
            build_args=build_flags(bundle.manifest, trace=False),
            build_dir=work / "bare",
            log_file=work / "bare.log",
        )

    def _build_command(self) -> list[list[str]]:
        verilate, *rest = super()._build_command()
        main = next(argument for argument in verilate if argument.endswith("main.cpp"))
        verilate[verilate.index(main)] = str(HERE / "cosim_bare.cpp")
        verilate.remove("--vpi")
        return [verilate, *rest]

    def rate(self, inferences: int) -> float:
        """Cycles a second of some inferences on the same input."""
        manifest = self._bundle.manifest
        arguments = [inferences, manifest.input_words, cycle_limit(manifest, 0), self._words]
        self.log_file = self._work / "bare.out"
        program = self._work / "bare" / manifest.top
        self._execute([[str(program), *map(str, arguments)]], cwd=self._work)
        cycles, nanoseconds = (int(number) for number in self.log_file.read_text().split())
        return cycles / nanoseconds * 1e9


def run_fast(bundle: Bundle, simulator: Path, inferences: int) -> tuple[float, float]:
    """Cycles a second of the fast mode, without and with the comparison."""
    job = Job(str(bundle.folder), 0, inferences, mode="fast", seed=0, stall=0, load=False)
    tally = run_job(bundle, simulator, job)
    assert tally.first is None
    assert not tally.failures
    return tally.clocks / tally.simulation_seconds, tally.clocks / tally.total_seconds


def build_stock(bundle: Bundle, work: Path) -> Path:
    """Build with the flags of cocotb's runner, and the make variables that the wheel needs."""
    os.environ.update(build_environment(os.environ))
    os.environ["MAKEFLAGS"] = " ".join(v.replace(" ", "\\ ") for v in make_variables(trace=False))
    get_runner("verilator").build(
        sources=[bundle.verilog],
        hdl_toplevel=bundle.manifest.top,
        build_args=["-Wno-fatal"],
        build_dir=work / "stock",
        timescale=("1ns", "1ps"),
        log_file=work / "stock.log",
    )
    return work / "stock"


def run_stock(bundle: Bundle, build: Path, work: Path, inferences: int) -> float:
    """Cycles a second of cocotb's runner."""
    words = [int.from_bytes(w.tobytes(), "little") for w in bundle.vector("input", 0, 1)[0]]
    result, job = work / "result.json", work / "speed.json"
    job.write_text(json.dumps({"inferences": inferences, "words": words, "result": str(result)}))
    results = get_runner("verilator").test(
        test_module="cosim_stock",
        hdl_toplevel=bundle.manifest.top,
        hdl_toplevel_lang="verilog",
        build_dir=build,
        test_dir=work,
        results_xml=str(work / "results.xml"),
        extra_env={"COSIM_SPEED_JOB": str(job)},
        log_file=work / "run.log",
    )
    assert get_results(results) == (1, 0)
    cycles, seconds = json.loads(result.read_text())
    return float(cycles) / float(seconds)


def best(runs: Sequence[float]) -> str:
    """The best of several runs, in millions."""
    return f"{max(runs) / 1e6:.2f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each run, roughly")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    bundle = open_bundle(options.bundle)
    console = Console()
    with tempfile.TemporaryDirectory(prefix="isomac-speed-") as folder:
        work = Path(folder)
        place_images(bundle, work)
        with console.status("building"):
            simulator = build_simulator(bundle)
            bare = BareRunner(bundle, work)
            stock = build_stock(bundle, work)
        bare_runs, fast_runs, compared_runs, stock_runs = [], [], [], []
        with console.status("measuring"):
            predicted = bundle.manifest.predicted_cycles
            wanted = max(1, int(options.seconds * bare.rate(1) / predicted))
            for _ in range(options.rounds):
                bare_runs.append(bare.rate(wanted))
                fast, compared = run_fast(bundle, simulator, min(bundle.inputs, wanted))
                fast_runs.append(fast)
                compared_runs.append(compared)
                stock_runs.append(run_stock(bundle, stock, work, max(1, wanted // 8)))
    rows = {
        "bare C++ loop": bare_runs,
        "fast mode": fast_runs,
        "fast mode, with comparison": compared_runs,
        "cocotb's runner, stock flags": stock_runs,
    }
    title = f"{bundle.manifest.network}: {bundle.manifest.multipliers} multipliers"
    table = Table("", "M cycles/s", "of bare", "of stock", title=title)
    for name, runs in rows.items():
        of_bare, of_stock = max(runs) / max(bare_runs), max(runs) / max(stock_runs)
        table.add_row(name, best(runs), f"{of_bare:.2f}", f"{of_stock:.1f}")
    console.print(table)


if __name__ == "__main__":
    main()
