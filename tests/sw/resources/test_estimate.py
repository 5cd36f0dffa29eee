"""The estimate: exact where it is a matter of rules, quick, and silent on what is not known."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from isomac.bundle.build import build
from isomac.compile.search import Constraints
from isomac.resources import estimate
from isomac.resources.memories import constant_bits_of
from isomac.synth import synthesize
from isomac.targets import target, target_names
from isomac_cosim.bundle import open_bundle
from tests.sw.resources.accelerators import parameters
from tests.sw.synth.conftest import INPUTS, NETWORK


@pytest.mark.parametrize(
    ("name", "mode", "banks"),
    [("ecp5-25f", "programmable", 2), ("gw1nr-9", "fixed", 1)],
)
def test_blocks_are_those_of_synthesis(tmp_path: Path, name: str, mode: str, banks: int) -> None:
    constraints = Constraints(
        multipliers=4, tile=(1, 2), channel_lanes=2, requant_lanes=2, banks=banks
    )
    bundle = build(NETWORK, tmp_path / "bundle", INPUTS, constraints, mode=mode)
    files = tmp_path / "synth"
    files.mkdir()
    device = target(name)
    result = synthesize(open_bundle(bundle.path), device, files, place=False)
    p = bundle.program.parameters
    found = estimate(p, device, constant_bits_of(p, bundle.program.images))
    assert (found.dsp, found.bram) == (result.resources["dsp"].used, result.resources["bram"].used)
    assert found.ff == pytest.approx(result.resources["ff"].used, rel=0.5)


def test_every_target() -> None:
    p = parameters()
    for name in target_names():
        device = target(name)
        found = estimate(p, device)
        assert found.lut > 500
        assert found.ff > 500
        assert found.bram >= 0
        assert (found.dsp > 0) == (device.resources["dsp"].count > 0)
        if device.place_and_route is None:
            assert (found.fmax, found.fmax_low, found.fmax_high) == (None, None, None)
        else:
            assert found.fmax is not None
            assert found.fmax_low is not None
            assert found.fmax_high is not None
            assert 5 < found.fmax_low <= found.fmax <= found.fmax_high < 500


def test_more_lanes_take_more() -> None:
    device = target("ecp5-85f")
    small, large = (estimate(parameters(tile_columns=lanes), device) for lanes in (1, 4))
    assert small.lut < large.lut
    assert small.ff < large.ff
    assert large.dsp - small.dsp == 6


def test_it_takes_less_than_a_millisecond() -> None:
    p, device = parameters(), target("ecp5-85f")
    estimate(p, device)
    # Other depths, that nothing be remembered.
    many = [replace(p, weight_depth=1000 + n, activation_depth=64 + 2 * n) for n in range(300)]
    best = min(_seconds(many, name) for name in ("ecp5-45f", "ecp5-25f", "ecp5-85f"))
    assert best / len(many) < 1e-3
    assert estimate(many[0], device) != estimate(many[-1], device)


def _seconds(many: list, name: str) -> float:
    device = target(name)
    begin = time.process_time()
    for p in many:
        estimate(p, device)
    return time.process_time() - begin
