"""Batch co-simulation, without a generator of cases."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isomac.fuzz.case import FuzzCase, cosim_case
from isomac.fuzz.hardware import build_hardware
from isomac.fuzz.shapes import SHAPES
from isomac.fuzz.shrink import Property, case_bytes
from isomac_cosim.batch import open_batch, run_batch
from isomac_cosim.batch_case import Case
from isomac_cosim.errors import CosimError
from tests.cosim.standin.bundle import StandIn
from tests.sw.fuzz.conftest import Hardware

SHAPE = SHAPES[0]


@pytest.fixture(scope="module")
def case() -> Case:
    drawn: list[FuzzCase] = []
    Property(SHAPE, drawn.append).check(case_bytes(3, 0, 0))
    return cosim_case(drawn[0], SHAPE, "some case")


def test_each_case_has_a_result(case: Case, hardware: Hardware) -> None:
    wrong = replace(case, name="wrong", arrays={**case.arrays, "output": ~case.arrays["output"]})
    results = list(run_batch(hardware(SHAPE), [case, wrong, case]))
    assert [result.name for result in results] == ["some case", "wrong", "some case"]
    assert [bool(result.wrong) for result in results] == [False, True, False]
    assert all(result.bytes_compared > 0 for result in results)
    layers = [layer for name, layer in case.arrays.items() if name.startswith("layer_")]
    mask = case.arrays["output_mask"]
    outputs = len(case.arrays["input"]) * int(np.count_nonzero(mask))
    assert results[0].bytes_compared == sum(layer.size for layer in layers) + outputs


def test_an_input_that_does_not_come_to_its_end_is_told(case: Case, hardware: Hardware) -> None:
    short = replace(case, arrays={**case.arrays, "input": case.arrays["input"][:, :-1]})
    (result,) = run_batch(hardware(SHAPE), [short])
    assert any("hung" in sentence for sentence in result.wrong)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: {**manifest, "format": 99}, "must have format 1"),
        (lambda manifest: {**manifest, "predicted_cycles": 1}, "add up to"),
    ],
)
def test_a_case_that_contradicts_itself_is_refused(
    change: Callable[[dict], dict], message: str, case: Case, hardware: Hardware
) -> None:
    with open_batch(hardware(SHAPE)) as simulator:
        with pytest.raises(CosimError, match=message):
            simulator.run(replace(case, manifest=change(dict(case.manifest))))
        assert simulator.run(case).wrong == ()


def test_a_simulator_that_dies_is_an_error(case: Case, hardware: Hardware) -> None:
    with open_batch(hardware(SHAPE)) as simulator:
        # Without a shape of the right kind, the process stumbles over the inputs.
        broken = replace(case, arrays={**case.arrays, "input": np.zeros(3, np.int8)})
        with pytest.raises(CosimError, match="did not run properly"):
            simulator.run(broken)


def test_a_simulator_that_does_not_start_is_an_error(hardware: Hardware, tmp_path: Path) -> None:
    simulator = open_batch(hardware(SHAPE))
    dead = tmp_path / "accelerator"
    dead.write_text("#!/bin/sh\nexit 3\n")
    dead.chmod(0o755)
    simulator._executable = dead
    with pytest.raises(CosimError, match="did not run properly"), simulator:
        pass


def test_only_programmable_hardware_runs_cases(tmp_path: Path) -> None:
    fixed = StandIn().write(tmp_path / "bundle")
    with pytest.raises(CosimError, match="this one is fixed"):
        open_batch(fixed)


def test_the_hardware_of_a_shape_is_a_bundle_like_any_other(tmp_path: Path) -> None:
    path = build_hardware(SHAPE, tmp_path)
    assert path == tmp_path / SHAPE.name
    assert {"accelerator.v", "manifest.json", "vectors.npz"} <= {f.name for f in path.iterdir()}
