"""Bundles behind each bus, of one small network, and what runs benches of others in them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cocotb_tools.check_results import get_results

from isomac.bundle.build import build
from isomac.compile.search import Constraints
from isomac_cosim.build import build_simulator
from isomac_cosim.bundle import open_bundle
from isomac_cosim.images import place_images
from isomac_cosim.runner import SimulatorRunner
from tests.sw.bundle.small import INPUTS, NETWORK

ROOT = Path(__file__).resolve().parents[3]
#: Words of 3 bytes in transfers of 4; words of 6 bytes in two pieces of 4.
CONSTRAINTS = {
    "axi": Constraints(multipliers=3, tile=(1, 1), channel_lanes=3, requant_lanes=1, banks=1),
    "wishbone": Constraints(multipliers=6, tile=(1, 1), channel_lanes=6, requant_lanes=1, banks=1),
}
#: Environment variable by which a bench finds the bundle.
VARIABLE = "ISOMAC_BUNDLE"

BundleOf = Callable[[str], Path]


@pytest.fixture(scope="session")
def bundle_of(tmp_path_factory: pytest.TempPathFactory) -> BundleOf:
    """The folder of a programmable accelerator's bundle, by interface; tests only read it."""
    built: dict[str, Path] = {}

    def get(interface: str) -> Path:
        if interface not in built:
            folder = tmp_path_factory.mktemp(interface) / "bundle"
            constraints = CONSTRAINTS[interface]
            build(NETWORK, folder, INPUTS, constraints, mode="programmable", interface=interface)
            built[interface] = folder
        return built[interface]

    return get


def run_bench(folder: Path, module: str, run: Path) -> None:
    """Run all cocotb tests of a module in the simulator of a bundle; all must pass."""
    bundle = open_bundle(folder)
    executable = build_simulator(bundle)
    place_images(bundle, run, blank=True)
    # The packages under test here still use names that cocotb 2 calls deprecated.
    environment = {VARIABLE: str(folder), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    failure = ""
    try:
        SimulatorRunner(trace=False).simulate(executable, module, run, environment, [])
    except (RuntimeError, SystemExit) as error:
        failure = str(error)
    log = (run / "simulator.log").read_text(encoding="utf-8", errors="replace")
    tests, failed = get_results(run / "results.xml")
    assert not failure, log[-6000:]
    assert tests > 0
    assert failed == 0, log[-6000:]
