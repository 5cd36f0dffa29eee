"""What an accelerator takes of an FPGA and how fast it will be, without synthesizing it."""

from isomac.resources.estimate import Estimate, estimate

__all__ = ["Estimate", "estimate"]
