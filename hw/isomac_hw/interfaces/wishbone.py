"""The accelerator behind Wishbone B4, pipelined: registers and both streams on one bus."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import Flow

from isomac_hw.interfaces.behind_bus import FROM_BUS, TO_BUS, BehindBus
from isomac_hw.interfaces.wishbone_bus import WishboneBus


class WishboneAccelerator(BehindBus):
    """A bus of 32 bits with a granularity of 8; ``wb_adr_i`` counts words of 32 bits."""

    interface = "wishbone"

    def elaborate(self, platform: object) -> Module:
        m = Module()
        inside = self.inside(m)
        core, control, departure = inside.core, inside.control, inside.departure
        m.submodules.bus = bus = WishboneBus(self._parameters.channel_lanes)
        for name, member in bus.signature.members.items():
            port = getattr(self, f"wb_{name}", None)
            if port is not None:
                inner = getattr(bus, name)
                m.d.comb += inner.eq(port) if member.flow is Flow.In else port.eq(inner)
        wiring.connect(m, bus.i, core.i)
        wiring.connect(m, departure.o, bus.o)
        m.d.comb += [getattr(control, name).eq(getattr(bus, name)) for name in FROM_BUS]
        m.d.comb += [getattr(bus, name).eq(getattr(control, name)) for name in TO_BUS]
        m.d.comb += [
            bus.running.eq(control.running),
            # A core that takes its next input early wants it while it computes, too, and it may
            # compute while a word of output waits: neither alone tells that it is stuck.
            bus.stuck.eq(
                ~core.busy | (core.needs_input & ~bus.i.valid) | (core.o.valid & departure.o.valid)
            ),
            bus.clear.eq(control.reset),
            control.input_ready.eq(core.i.ready),
        ]
        return m
