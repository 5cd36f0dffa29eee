"""`isomac synth` of an accelerator behind a bus."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isomac.synth import synthesize
from isomac.synth.bus_harness import bus_harness
from isomac.synth.harness import TOP
from isomac.targets import target
from isomac_cosim.bundle import open_bundle
from isomac_cosim.toolchain import build_environment
from isomac_hw.interfaces.ports import bus_ports
from tests.sw.interfaces.conftest import BundleOf


def test_synthesis(bundle_of: BundleOf, tmp_path: Path) -> None:
    bundle = open_bundle(bundle_of("axi"))
    result = synthesize(bundle, target("ecp5-25f"), tmp_path, place=False)
    assert result.problems == ()
    parts = {part.name: part for part in result.components}
    lanes = bundle.manifest.multipliers
    assert parts["array.mac"].instances == lanes
    assert parts["array.mac"].used["dsp"] == lanes
    for name in ("accelerator.control", "accelerator.bus", "accelerator.departure"):
        assert parts[name].used["ff"] > 0
    # Both shift registers, and a register at every port.
    ports = sum(port.width for port in bus_ports("axi", bundle.manifest.word_bytes))
    assert ports <= result.harness["ff"] <= 2 * ports + 8


@pytest.mark.parametrize("interface", ["axi", "wishbone"])
def test_the_harness_connects_every_port(
    bundle_of: BundleOf, tmp_path: Path, interface: str
) -> None:
    bundle = open_bundle(bundle_of(interface))
    harness = tmp_path / "harness.v"
    harness.write_text(bus_harness("accelerator", interface, bundle.manifest.word_bytes))
    command = ["verilator", "--lint-only", "-Wno-lint", "-Wno-style", "-Wwarn-PINMISSING"]
    command += ["-Wwarn-WIDTH", "--top-module", TOP, str(harness), str(bundle.verilog)]
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    environment = build_environment(dict(os.environ) | {"PATH": path})
    done = subprocess.run(
        command, cwd=bundle.folder, env=environment, capture_output=True, text=True, check=False
    )
    # About the accelerator's own Verilog it may say what it likes.
    complaints = [line for line in done.stderr.splitlines() if str(harness) in line]
    assert "syntax" not in done.stderr
    assert complaints == []
