"""`isomac synth` from a bundle to a bitstream, and what it refuses."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyosys
import pytest

from isomac.cli import main
from isomac.synth import Result, Use, synthesize
from isomac.synth.report import write_report
from isomac.targets import target
from isomac_cosim.bundle import open_bundle
from tests.sw.synth.board import build_board, netlist_as_verilog, run_board


@pytest.fixture(scope="module")
def ice40(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle on an UP5K, synthesized, placed and packed; the folder of the run."""
    output = tmp_path_factory.mktemp("ice40")
    assert main(["synth", str(bundle), "--target", "ice40-up5k", "-o", str(output)]) == 0
    return output


def report(output: Path, name: str) -> dict[str, Any]:
    return json.loads((output / "synth.json").read_text())["targets"][name]


def test_figures(ice40: Path) -> None:
    found = report(ice40, "ice40-up5k")
    assert found["placed"]
    assert found["problems"] == []
    assert found["frequency"] == 35
    resources = found["resources"]
    # Two multipliers of the array and that of the requantizer.
    assert resources["dsp"] == {"used": 3, "available": 8}
    by_name = {part["name"]: part for part in found["components"]}
    assert by_name["array.mac"]["instances"] == 2
    assert by_name["array.mac"]["used"]["dsp"] == 2
    assert by_name["activations"]["used"]["bram"] == 1
    for name in ("lut", "ff"):
        parts = sum(part["used"][name] for part in found["components"])
        assert 0 < parts + found["harness"][name] <= resources[name]["used"]
    assert found["slack"] == pytest.approx(1000 / 35 - 1000 / found["fmax"], abs=0.002)
    path = found["critical_path"]
    assert path["nanoseconds"] == pytest.approx(1000 / found["fmax"], rel=0.01)
    assert path["nanoseconds"] == pytest.approx(path["logic"] + path["routing"], abs=0.01)
    assert {*found["tools"]} == {"yosys", "nextpnr-ice40", "icepack"}


def test_bitstream(ice40: Path) -> None:
    name = report(ice40, "ice40-up5k")["bitstream"]
    content = (ice40 / "synth" / "ice40-up5k" / name).read_bytes()
    # The preamble of the family, behind an empty comment.
    assert b"\x7e\xaa\x99\x7e" in content[:16]
    assert len(content) > 100_000


def test_finished_steps_are_not_done_again(
    ice40: Path, bundle: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = report(ice40, "ice40-up5k")

    def unwanted(*arguments: object) -> None:
        raise AssertionError("a tool was run")

    monkeypatch.setattr("isomac.synth.flow.run_yosys", unwanted)
    monkeypatch.setattr("isomac.synth.flow.run_tool", unwanted)
    assert main(["synth", str(bundle), "--target", "ice40-up5k", "-o", str(ice40)]) == 0
    assert report(ice40, "ice40-up5k") == before
    assert "MHz after routing, 35 aimed at." in capsys.readouterr().out


def test_netlist_computes_the_expected_bytes(ice40: Path, bundle: Path, tmp_path: Path) -> None:
    netlist = tmp_path / "netlist.v"
    netlist_as_verilog(ice40 / "synth" / "ice40-up5k" / "netlist.json", netlist)
    cells = Path(pyosys.__file__).parent / "share" / "ice40" / "cells_sim.v"
    board = build_board([cells, netlist], tmp_path)
    vectors = np.load(bundle / "vectors.npz")
    mask = vectors["output_mask"]
    for given, expected in zip(vectors["input"], vectors["output"], strict=True):
        run = run_board(board, given, len(expected), tmp_path)
        assert run.state.startswith("done 1 busy 0 error 0 cycles ")
        assert np.array_equal(run.words[mask], expected[mask])


def test_timing_that_is_missed(
    ice40: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Nothing reaches this on an UP5K, and the netlist is there already.
    arguments = ["synth", str(bundle), "--target", "ice40-up5k", "--freq", "500", "-o", str(ice40)]
    assert main(arguments) == 1
    found = report(ice40, "ice40-up5k")
    (problem,) = found["problems"]
    missed = 1000 / found["fmax"] - 2
    assert problem == (
        f"timing is missed: {found['fmax']:.1f} MHz of 500, the slowest path takes"
        f" {missed:.2f} ns too long"
    )
    assert problem in capsys.readouterr().out
    assert found["slack"] == pytest.approx(-missed, abs=0.002)


def test_what_does_not_fit(ice40: Path, bundle: Path) -> None:
    # An UP5K with less logic; the netlist is there already.
    used = report(ice40, "ice40-up5k")
    luts = sum(part["used"]["lut"] for part in used["components"]) + used["harness"]["lut"]
    device = target("ice40-up5k")
    fewer = {
        "lut": replace(device.resources["lut"], count=luts - 7),
        "dsp": replace(device.resources["dsp"], count=1),
    }
    small = replace(device, resources={**device.resources, **fewer})
    result = synthesize(open_bundle(bundle), small, ice40 / "synth" / "ice40-up5k")
    assert not result.placed
    short = f"{luts:,} LUT of {luts - 7:,}, 7 too many; 3 DSP of 1, 2 too many"
    assert result.problems == (f"the accelerator does not fit {device.title}: {short}",)


def test_interrupted_run_goes_on(
    ice40: Path,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(ice40, tmp_path, dirs_exist_ok=True)
    begun = []

    def interrupted(tool: str, *arguments: object) -> None:
        begun.append(tool)
        raise KeyboardInterrupt

    def unwanted(*arguments: object) -> None:
        raise AssertionError("synthesis was done again")

    monkeypatch.setattr("isomac.synth.flow.run_tool", interrupted)
    monkeypatch.setattr("isomac.synth.flow.run_yosys", unwanted)
    arguments = ["synth", str(bundle), "--target", "ice40-up5k", "-o", str(tmp_path), "--seed", "2"]
    for _ in range(2):
        assert main(arguments) == 130
        assert "What was finished is kept in" in capsys.readouterr().err
    assert begun == ["nextpnr-ice40", "nextpnr-ice40"]
    assert report(tmp_path, "ice40-up5k") == report(ice40, "ice40-up5k")


def test_xilinx(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth", str(bundle), "--target", "xc7a35t", "-o", str(tmp_path)]) == 0
    found = report(tmp_path, "xc7a35t")
    assert (found["placed"], found["fmax"], found["bitstream"]) == (False, None, None)
    assert found["resources"]["dsp"]["used"] >= 3
    script = (tmp_path / "synth" / "xc7a35t" / "vivado.tcl").read_text()
    assert "isomac has not run it" in script
    assert "-part xc7a35tcpg236-1" in script
    assert "-period 10.000" in script
    for name in script.partition("read_verilog {")[2].partition("}")[0].split():
        assert (tmp_path / "synth" / "xc7a35t" / name).is_file()
    assert "vivado.tcl is written for Vivado and was not run" in capsys.readouterr().out


@pytest.mark.parametrize("before", [None, "{", "[]", '{"format": 0}', '{"format": 1}'])
def test_report_that_cannot_be_used_is_replaced(tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "synth.json"
    if before is not None:
        path.write_text(before)
    for name in ("b", "a", "b"):
        write_report(path, made_up(name))
    data = json.loads(path.read_text())
    assert data["format"] == 1
    assert [*data["targets"]] == ["a", "b"]
    assert data["targets"]["b"]["resources"] == {"lut": {"used": 1, "available": 2}}
    assert data["targets"]["b"]["slack"] == 10.0


def made_up(name: str) -> Result:
    return Result(
        target=name,
        title="A device",
        frequency=50.0,
        placed=True,
        resources={"lut": Use(1, 2)},
        harness={},
        components=(),
        fmax=100.0,
        tools={},
        seconds={},
    )


@pytest.mark.parametrize("damage", ["accelerator.v", "weights.hex"])
def test_damaged_bundle(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    with (copy / damage).open("a") as file:
        file.write("\n")
    assert main(["synth", str(copy), "--target", "ice40-up5k"]) == 2
    assert f"{copy / damage} is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--target", "up5k"], "isomac: 'up5k' is no target: did you mean ice40-up5k"),
        (["--target", "ice40-up5k", "--freq", "0"], "the clock must be 1 to 1000 MHz, not 0"),
        (["--target", "ice40-up5k", "--freq", "nan"], "the clock must be 1 to 1000 MHz, not nan"),
        ([], "Missing option '--target'"),
    ],
)
def test_refusals(
    bundle: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["synth", str(bundle), *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth", str(tmp_path), "--target", "ice40-up5k"]) == 2
    assert "is missing" in capsys.readouterr().err


def test_output_that_is_a_file(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").touch()
    arguments = ["synth", str(bundle), "--target", "ice40-up5k", "-o", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "must be a folder" in capsys.readouterr().err
