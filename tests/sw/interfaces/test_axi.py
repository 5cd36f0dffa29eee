"""AXI against an initiator that others wrote."""

from pathlib import Path

from tests.sw.interfaces.conftest import BundleOf, run_bench


def test_cocotbext_axi(bundle_of: BundleOf, tmp_path: Path) -> None:
    run_bench(bundle_of("axi"), "tests.sw.interfaces.axi_bench", tmp_path)
