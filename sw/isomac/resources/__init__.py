"""What an accelerator takes of an FPGA and how fast it will be, without synthesizing it."""

from isomac.resources.cores import Cores
from isomac.resources.estimate import Estimate, Estimates, estimate, estimate_all

__all__ = ["Cores", "Estimate", "Estimates", "estimate", "estimate_all"]
