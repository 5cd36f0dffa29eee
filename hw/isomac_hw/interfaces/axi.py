"""The accelerator behind AXI: AXI4-Lite for the registers, AXI4-Stream for the data."""

from amaranth.hdl import Module
from amaranth.lib.wiring import Flow

from isomac_hw.interfaces.axi_lite import AxiLite
from isomac_hw.interfaces.behind_bus import FROM_BUS, TO_BUS, BehindBus


class AxiAccelerator(BehindBus):
    """The ports are named as Vivado and others expect them of ``s_axi``, ``s_axis`` and ``m_axis``.

    A word of the streams is a transfer. TDATA is as wide as
    :func:`isomac_hw.interfaces.ports.beat_bytes` says. TLAST marks the last word of an output;
    TKEEP is always all ones, since the bytes beyond the word are data to whoever stores them. The
    input has neither: the core counts its words.
    """

    interface = "axi"

    def elaborate(self, platform: object) -> Module:
        m = Module()
        inside = self.inside(m)
        core, control, departure = inside.core, inside.control, inside.departure
        m.submodules.bus = bus = AxiLite()
        for name, member in bus.signature.members.items():
            port = getattr(self, f"s_axi_{name}", None)
            if port is not None:
                inner = getattr(bus, name)
                m.d.comb += inner.eq(port) if member.flow is Flow.In else port.eq(inner)
        m.d.comb += [getattr(control, name).eq(getattr(bus, name)) for name in FROM_BUS]
        m.d.comb += [getattr(bus, name).eq(getattr(control, name)) for name in TO_BUS]
        m.d.comb += [
            core.i.valid.eq(self.s_axis_tvalid & control.ready),
            core.i.payload.eq(self.s_axis_tdata),
            # In a cycle of reset no word is taken, since it would be lost.
            self.s_axis_tready.eq(core.i.ready & control.ready),
            control.input_ready.eq(core.i.ready),
            self.m_axis_tvalid.eq(departure.o.valid),
            self.m_axis_tdata.eq(departure.o.payload),
            self.m_axis_tkeep.eq(~0),
            self.m_axis_tlast.eq(departure.last),
            departure.o.ready.eq(self.m_axis_tready),
        ]
        return m
