"""Wishbone against an initiator that others wrote."""

from pathlib import Path

from tests.sw.interfaces.conftest import BundleOf, run_bench


def test_cocotbext_wishbone(bundle_of: BundleOf, tmp_path: Path) -> None:
    run_bench(bundle_of("wishbone"), "tests.sw.interfaces.wishbone_bench", tmp_path)
