"""Co-simulation: proves that the Verilog of a bundle computes every byte exactly as expected.

Knows nothing of models: its contract is the bundle folder. Start with `isomac_cosim.cosimulate`.
"""

from isomac_cosim.cli import run_cli
from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.errors import CosimError
from isomac_cosim.render import render
from isomac_cosim.report import LayerReport, Report
from isomac_cosim.tally import Mismatch

__all__ = [
    "CosimError",
    "LayerReport",
    "Mismatch",
    "Report",
    "cosimulate",
    "render",
    "run_cli",
]
