"""From a bundle to the figures of an FPGA and a bitstream: synthesis, place and route, packing."""

from isomac.synth.flow import synthesize
from isomac.synth.result import Component, CriticalPath, Result, Segment, Use

__all__ = ["Component", "CriticalPath", "Result", "Segment", "Use", "synthesize"]
