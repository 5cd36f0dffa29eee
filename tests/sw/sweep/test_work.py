"""A real point: synthesized, and found done the next time."""

from pathlib import Path

import pytest

from isomac.cli import main
from isomac.resources.samples import make_samples
from isomac.sweep.outcome import Unmade
from isomac.sweep.table import parameters_of, read_table
from isomac.sweep.work import run_point
from tests.sw.sweep.rows import ACCELERATOR, points

POINT = "tiny_dense-1x2x2-r1-b2@ecp5-25f-synthesis"


def test_a_point(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sweep.csv"
    arguments = ["sweep", str(path), "--point", POINT, "--jobs", "1"]
    assert main(arguments) == 0
    assert f"{POINT}: " in capsys.readouterr().out
    (row,) = read_table(path)
    assert (row.name, row.network, row.target) == (POINT, "tiny_dense", "ecp5-25f")
    assert (row.tile, row.channel_lanes, row.placed, row.fmax) == ("1x2", 2, False, None)
    assert row.lut == row.lut_synthesized > 500
    assert row.ff > 500
    assert row.carry > 50
    p = parameters_of(row)
    assert (p.pixel_lanes, p.channel_lanes, p.requant_lanes, p.banks) == (2, 2, 1, 2)
    (sample,) = make_samples([row])
    assert sample.blocks == (row.dsp, row.bram)
    assert main(arguments) == 0
    assert "0 points done, 1 known already, 0 failed" in capsys.readouterr().out
    assert read_table(path) == [row]


def test_a_point_that_cannot_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isomac.synth.run._TOOLS", {"nextpnr-ecp5": ("no-such-package", "", "")})
    outcome = run_point(points(1)[0], ())
    assert isinstance(outcome, Unmade)
    assert outcome.name == points(1)[0].name
    assert outcome.reason.startswith("nextpnr-ecp5 is not installed")
    assert ACCELERATOR.name in outcome.name
