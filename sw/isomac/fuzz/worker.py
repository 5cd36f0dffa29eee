"""What one process does for a campaign: some numbered cases on the hardware of one shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from isomac.errors import IsomacError
from isomac.fuzz.case import FuzzCase
from isomac.fuzz.hardware import build_hardware
from isomac.fuzz.shapes import FuzzShape
from isomac.fuzz.shrink import Property, case_bytes
from isomac.fuzz.source import case_source
from isomac.fuzz.trial import Tamper, Trial, TrialError, Verdict
from isomac_cosim.batch import open_batch
from isomac_cosim.build import build_simulator
from isomac_cosim.bundle import open_bundle

#: Graphs that do not fit are replaced so often.
ATTEMPTS = 200


@dataclass(frozen=True)
class Failure:
    """A case that failed: its number, what was found, and the small one that fails too.

    `faults` are of the small case; `source` is the Python file that runs it.
    """

    seed: int
    number: int
    shape: str
    first_faults: str
    faults: str
    operations: int
    source: str


@dataclass
class Totals:
    """Sums over cases.

    Members
    -------
    cases, inputs, layers, bytes, cycles
        Of cases that were run; cycles are those of the hardware.
    skipped
        Graphs that did not fit.
    operators
        How often each operator was in a graph that was run.
    failures
        At most one of each process.
    """

    cases: int = 0
    inputs: int = 0
    layers: int = 0
    bytes: int = 0
    cycles: int = 0
    skipped: int = 0
    operators: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: Totals) -> None:
        """Take in those of another part."""
        for name in ("cases", "inputs", "layers", "bytes", "cycles", "skipped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.operators += other.operators
        self.failures += other.failures

    def count(self, case: FuzzCase, verdict: Verdict) -> None:
        """Take in a case that was judged."""
        if verdict.skipped:
            self.skipped += 1
            return
        self.cases += 1
        self.inputs += verdict.inputs
        self.layers += verdict.layers
        self.bytes += verdict.bytes
        self.cycles += verdict.cycles
        self.operators += Counter(type(operation).__name__ for operation in case.graph.operations)


def prepare(shape: FuzzShape, folder: Path) -> Path:
    """Write the bundle of a shape and build its simulator."""
    torch.set_num_threads(1)
    path = build_hardware(shape, folder)
    build_simulator(open_bundle(path))
    return path


def run_numbers(
    shape: FuzzShape,
    hardware: Path,
    seed: int,
    numbers: Iterable[int],
    tamper: Tamper | None = None,
) -> Totals:
    """Run the cases of these numbers until one fails, and make that one small.

    Parameters
    ----------
    shape, hardware
        Where, and the bundle of it.
    seed, numbers
        Which cases.
    tamper
        Plants a fault in every case.

    Raises
    ------
    CosimError
        If the simulator itself fails.
    IsomacError
        If no graph fits the hardware.
    """
    torch.set_num_threads(1)
    totals = Totals()
    with open_batch(hardware) as simulator:
        trial = Trial(shape, simulator, tamper)
        property_ = Property(shape, lambda case: totals.count(case, trial.judge(case)))
        for number in numbers:
            failure = _run_number(trial, property_, totals, seed, number)
            if failure is not None:
                totals.failures.append(failure)
                break
    return totals


def _run_number(
    trial: Trial, property_: Property, totals: Totals, seed: int, number: int
) -> Failure | None:
    """Judge the first graph of this number that fits."""
    ran = totals.cases
    for attempt in range(ATTEMPTS):
        choices = case_bytes(seed, number, attempt)
        try:
            property_.check(choices)
        except TrialError as error:
            case, faults = _shrink(trial, choices)
            title = f"Case {number} of seed {seed} on {trial.shape.name}, shrunk."
            return Failure(
                seed=seed,
                number=number,
                shape=trial.shape.name,
                first_faults=str(error),
                faults=faults,
                operations=len(case.graph.operations),
                source=case_source(case, trial.shape.name, title, faults),
            )
        if totals.cases > ran:
            return None
    raise IsomacError(
        f"none of {ATTEMPTS} graphs fits {trial.shape.name}, case {number} of seed {seed}"
    )


def _shrink(trial: Trial, choices: bytes) -> tuple[FuzzCase, str]:
    """The smallest failing case, and its faults."""
    seen: list[FuzzCase] = []

    def judge(case: FuzzCase) -> None:
        seen.append(case)
        trial.judge(case)

    # A property of its own, whose database holds nothing but this case.
    property_ = Property(trial.shape, judge)
    try:
        property_.check(choices)
    except TrialError:
        small, error = property_.shrink()
        return small, str(error)
    return seen[0], "Run again, the case does not fail: something outside it decides."
