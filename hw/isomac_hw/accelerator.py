"""The top level: a core behind flat ports, as other tools and people expect them."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.core import Core
from isomac_hw.counters import COUNTER_BITS
from isomac_hw.load_port import LOAD_BITS
from isomac_hw.parameters import AcceleratorParameters


class Accelerator(wiring.Component):
    """One core with scalar ports and packed vectors, which ARCHITECTURE.md, section 2, explains."""

    def __init__(self, parameters: AcceleratorParameters):
        self._parameters = p = parameters
        word_bits = 8 * p.channel_lanes
        members: dict[str, In | Out] = {
            "start": In(1),
            "busy": Out(1),
            "done": Out(1),
            "error": Out(4),
            "input_valid": In(1),
            "input_ready": Out(1),
            "input_data": In(word_bits),
            "output_valid": Out(1),
            "output_ready": In(1),
            "output_data": Out(word_bits),
            "cycles": Out(COUNTER_BITS),
            "layer_done": Out(1),
            "layer_cycles": Out(COUNTER_BITS),
            "trace_valid": Out(1),
            "trace_address": Out(p.address_bits),
            "trace_data": Out(word_bits),
        }
        if p.mode == "programmable":
            members |= {
                "load_valid": In(1),
                "load_ready": Out(1),
                "load_data": In(LOAD_BITS),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = Core(self._parameters)
        m.d.comb += [
            core.start.eq(self.start),
            core.i.valid.eq(self.input_valid),
            core.i.payload.eq(self.input_data),
            self.input_ready.eq(core.i.ready),
            self.output_valid.eq(core.o.valid),
            self.output_data.eq(core.o.payload),
            core.o.ready.eq(self.output_ready),
        ]
        for name in (
            "busy",
            "done",
            "error",
            "cycles",
            "layer_done",
            "layer_cycles",
            "trace_valid",
            "trace_address",
            "trace_data",
        ):
            m.d.comb += getattr(self, name).eq(getattr(core, name))
        if self._parameters.mode == "programmable":
            m.d.comb += [
                core.load.valid.eq(self.load_valid),
                core.load.payload.eq(self.load_data),
                self.load_ready.eq(core.load.ready),
            ]
        return m
