"""`isomac cosim` through each bus: every byte of every layer, every cycle between the streams."""

import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from isomac.bundle.build import build
from isomac.cli import main
from isomac.errors import IsomacError
from isomac_cosim.bundle import open_bundle
from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.errors import CosimError
from isomac_hw.interfaces import wishbone_bus
from tests.cosim.edit import edit_manifest
from tests.sw.bundle.small import INPUTS, NETWORK
from tests.sw.interfaces.conftest import CONSTRAINTS, BundleOf

RUNS = {
    "fast": {},
    "load": {"load": "port"},
    "cycle": {"mode": "cycle", "stall": 0.0},
    "stalls": {"mode": "cycle", "stall": 0.6, "seed": 3, "load": "port"},
}


@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("interface", ["axi", "wishbone"])
def test_the_hardware_computes_every_byte(
    bundle_of: BundleOf, tmp_path: Path, interface: str, options: dict[str, Any]
) -> None:
    folder = shutil.copytree(bundle_of(interface), tmp_path / "bundle")
    report = cosimulate(folder, progress=False, **options)
    assert report.failures == ()
    assert report.bit_exact
    assert report.cycle_differences == ()
    assert report.interface == interface
    assert report.inputs == len(INPUTS)
    if interface == "axi" and not options.get("stall"):
        assert report.cycles == report.predicted_cycles
    else:
        assert all(cycles > report.predicted_cycles[0] for cycles in report.cycles)


@pytest.mark.parametrize("overlap_input", [False, True])
def test_no_access_that_a_wait_serves_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overlap_input: bool
) -> None:
    """The first read of an output waits as long as the core computes."""
    patience = 16
    monkeypatch.setattr(wishbone_bus, "PATIENCE", patience)
    folder = tmp_path / "bundle"
    build(
        NETWORK,
        folder,
        INPUTS[:1],
        CONSTRAINTS["wishbone"],
        interface="wishbone",
        overlap_input=overlap_input,
    )
    assert open_bundle(folder).manifest.predicted_cycles > 5 * patience
    report = cosimulate(folder, progress=False, mode="cycle", stall=0.0)
    assert report.failures == ()
    assert report.bit_exact


@pytest.mark.parametrize("interface", ["axi", "wishbone"])
@pytest.mark.parametrize("mode", ["fast", "cycle"])
def test_a_wrong_expectation_is_found(
    bundle_of: BundleOf, tmp_path: Path, interface: str, mode: str
) -> None:
    """What the accelerator computes really passes the bus, and really is compared."""
    folder = shutil.copytree(bundle_of(interface), tmp_path / "bundle")
    image = folder / "weights.hex"
    lines = image.read_text().splitlines()
    lines[0] = f"{int(lines[0], 16) ^ 1:0{len(lines[0])}x}"
    image.write_text("\n".join([*lines, ""]))
    report = cosimulate(folder, progress=False, mode=mode, verify_files=False)
    assert report.mismatches > 0
    assert not report.bit_exact


@pytest.mark.parametrize("interface", ["axi", "wishbone"])
def test_verilog_of_another_network_is_the_same(
    bundle_of: BundleOf, tmp_path: Path, interface: str
) -> None:
    """A programmable accelerator behind a bus is for any network that fits."""
    folder = bundle_of(interface)
    graph = folder / "graph.isomac"
    command = ["build", str(graph), "--hardware", str(folder), "-o", str(tmp_path / "other")]
    assert main(command) == 0
    assert json.loads((tmp_path / "other" / "manifest.json").read_text())["interface"] == interface

    def without_comments(path: Path) -> str:
        return re.sub(r"^//.*\n", "", path.read_text(), flags=re.MULTILINE)

    name = "accelerator.v"
    assert without_comments(tmp_path / "other" / name) == without_comments(folder / name)


def test_an_unknown_interface(tmp_path: Path, bundle_of: BundleOf) -> None:
    make = partial(build, NETWORK, tmp_path / "bundle", INPUTS, CONSTRAINTS["axi"])
    with pytest.raises(IsomacError, match="must be one of stream, axi, wishbone, not 'apb'"):
        make(interface="apb")
    assert not (tmp_path / "bundle").exists()
    folder = shutil.copytree(bundle_of("axi"), tmp_path / "copy")
    edit_manifest(folder, lambda manifest: manifest.update(interface="apb"))
    with pytest.raises(CosimError, match="interface is 'apb'"):
        open_bundle(folder)


def test_hardware_brings_its_interface(
    tmp_path: Path, bundle_of: BundleOf, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(bundle_of("axi"))
    command = ["build", f"{folder}/graph.isomac", "--hardware", folder, "--interface", "axi"]
    assert main([*command, "-o", str(tmp_path / "bundle")]) == 2
    assert "give no shape, no --mode and no --interface" in capsys.readouterr().err
