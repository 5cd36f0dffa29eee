"""The fuzzer finds planted faults, makes their cases small and writes them as files that run."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomac.compile import schedule
from isomac.errors import IsomacError
from isomac.fuzz import replay, trial
from isomac.fuzz.case import FuzzCase
from isomac.fuzz.shapes import SHAPES
from isomac.fuzz.shrink import Property, case_bytes
from isomac.fuzz.trial import Trial
from isomac.fuzz.worker import run_numbers
from isomac_cosim.batch_case import Case
from tests.sw.fuzz.conftest import Hardware

SHAPE = SHAPES[0]
SEED = 3


def wrong_byte(case: Case) -> Case:
    name = next(name for name in reversed(case.arrays) if name.startswith("layer_"))
    wrong = case.arrays[name].copy()
    wrong.flat[-1] ^= 1
    return replace(case, arrays={**case.arrays, name: wrong})


def wrong_output(case: Case) -> Case:
    wrong = np.where(case.arrays["output_mask"], ~case.arrays["output"], 0)
    return replace(case, arrays={**case.arrays, "output": wrong})


def flipped_weight(case: Case) -> Case:
    first, *rest = case.images["weights"]
    return replace(case, images={**case.images, "weights": [first ^ 0x40, *rest]})


def wrong_cycles(case: Case) -> Case:
    first, second, *rest = case.manifest["layers"]
    second = {**second, "predicted_cycles": second["predicted_cycles"] + 1}
    manifest = {
        **case.manifest,
        "layers": [first, second, *rest],
        "predicted_cycles": case.manifest["predicted_cycles"] + 1,
    }
    return replace(case, manifest=manifest)


def illegal_program(case: Case) -> Case:
    return replace(case, images={**case.images, "program": [0] * len(case.images["program"])})


@pytest.mark.parametrize(
    ("tamper", "complaint"),
    [
        (wrong_byte, "bytes are wrong"),
        (wrong_output, "of tensor"),
        (flipped_weight, "bytes are wrong"),
        (wrong_cycles, "were predicted"),
        (illegal_program, "In layer"),
    ],
)
def test_a_planted_fault_is_found_and_shrunk(
    tamper: Callable[[Case], Case], complaint: str, hardware: Hardware
) -> None:
    totals = run_numbers(SHAPE, hardware(SHAPE), SEED, range(20), tamper)
    (failure,) = totals.failures
    assert complaint in failure.first_faults
    assert complaint in failure.faults
    assert failure.operations <= 2
    assert failure.source.count("\n") < 80
    assert failure.faults.splitlines()[0] in failure.source
    compile(failure.source, "case.py", "exec")


def test_a_launch_one_cycle_early_is_found(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = hardware(SHAPE)
    exact = schedule.launch_delay

    def early(*of: Any) -> int:
        delay = exact(*of)
        return delay and max(1, delay - 1)

    monkeypatch.setattr(schedule, "launch_delay", early)
    (failure,) = run_numbers(SHAPE, bundle, SEED, range(100)).failures
    assert "bytes are wrong" in failure.faults
    assert failure.operations <= 4


def test_a_written_case_runs_by_itself(hardware: Hardware, tmp_path: Path) -> None:
    (failure,) = run_numbers(SHAPE, hardware(SHAPE), SEED, [0], wrong_byte).failures
    file = tmp_path / "case.py"
    file.write_text(failure.source)
    # The fault was planted in what the simulator was told, so the case itself is right.
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "as predicted" in done.stdout
    assert done.returncode == 0


def test_a_case_that_fails_again_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[FuzzCase] = []
    Property(SHAPE, drawn.append).check(case_bytes(SEED, 0, 0))
    tampered = partial(Trial, tamper=wrong_byte)
    monkeypatch.setattr(replay, "Trial", tampered)
    assert replay.replay(drawn[0].graph, drawn[0].inputs, SHAPE.name) == 1
    assert "bytes are wrong" in capsys.readouterr().out


def test_a_compiler_that_stumbles_is_a_fault(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*arguments: object) -> Case:
        raise IndexError("out of range")

    bundle = hardware(SHAPE)
    monkeypatch.setattr(trial, "cosim_case", stumble)
    (failure,) = run_numbers(SHAPE, bundle, SEED, [0]).failures
    assert failure.first_faults == "compiler or golden model stumbled: IndexError: out of range"
    assert failure.operations == 1


def test_a_fault_that_does_not_show_again_is_told(hardware: Hardware) -> None:
    told: list[Case] = []

    def only_once(case: Case) -> Case:
        told.append(case)
        return wrong_byte(case) if len(told) == 1 else case

    (failure,) = run_numbers(SHAPE, hardware(SHAPE), SEED, range(20), only_once).failures
    assert "bytes are wrong" in failure.first_faults
    assert "does not fail" in failure.faults


def test_a_shape_that_no_graph_fits_is_an_error(
    hardware: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> Case:
        raise IsomacError("too large")

    bundle = hardware(SHAPE)
    monkeypatch.setattr(trial, "cosim_case", refuse)
    with pytest.raises(IsomacError, match="none of 200 graphs fits"):
        run_numbers(SHAPE, bundle, SEED, [0])
