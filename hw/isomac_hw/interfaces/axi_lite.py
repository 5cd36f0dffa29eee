"""AXI4-Lite: the two channels of requests and what answers them, in front of the registers."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.interfaces.control import STROBE_BITS
from isomac_hw.interfaces.ports import bus_ports
from isomac_hw.interfaces.register_map import INDEX_BITS

#: Responses.
OKAY, SLVERR = 0, 2
#: Bits of an address within a register.
_BYTE_BITS = 2


class AxiLite(wiring.Component):
    """A target of AXI4-Lite, with a write and a read under way at most.

    Address and data of a write may come in any order. No output depends on an input within a cycle.
    The ports are those of :func:`isomac_hw.interfaces.ports.bus_ports` that begin with ``s_axi_``,
    without that prefix.

    Members
    -------
    ready : In(1)
        The registers take accesses.
    write_enable, write_index, write_data, write_strobe : Out
    refused : In(1)
        The write of this cycle had no effect.
    read_index : Out
    read_data : In(32)
    """

    def __init__(self) -> None:
        bus = {
            port.name.removeprefix("s_axi_"): (In if port.is_input else Out)(port.width)
            for port in bus_ports("axi", 1)
            if port.name.startswith("s_axi_")
        }
        super().__init__(
            bus
            | {
                "ready": In(1),
                "write_enable": Out(1),
                "write_index": Out(INDEX_BITS),
                "write_data": Out(32),
                "write_strobe": Out(STROBE_BITS),
                "refused": In(1),
                "read_index": Out(INDEX_BITS),
                "read_data": In(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Each request channel has a register that is ready while it is empty.
        has_address = Signal()
        has_data = Signal()
        has_read = Signal()
        write_address = Signal.like(self.awaddr)
        read_address = Signal.like(self.araddr)
        m.d.comb += [
            self.awready.eq(~has_address),
            self.wready.eq(~has_data),
            self.arready.eq(~has_read),
            self.write_index.eq(write_address[_BYTE_BITS:]),
            self.read_index.eq(read_address[_BYTE_BITS:]),
        ]
        reads = Signal()
        m.d.comb += [
            self.write_enable.eq(
                has_address & has_data & self.ready & (~self.bvalid | self.bready)
            ),
            reads.eq(has_read & self.ready & (~self.rvalid | self.rready)),
        ]
        with m.If(self.bready):
            m.d.sync += self.bvalid.eq(0)
        with m.If(self.write_enable):
            m.d.sync += [
                Cat(has_address, has_data).eq(0),
                self.bvalid.eq(1),
                self.bresp.eq(Mux(self.refused, SLVERR, OKAY)),
            ]
        with m.If(self.rready):
            m.d.sync += self.rvalid.eq(0)
        with m.If(reads):
            m.d.sync += [
                has_read.eq(0),
                self.rvalid.eq(1),
                self.rdata.eq(self.read_data),
                self.rresp.eq(OKAY),
            ]
        with m.If(self.awvalid & self.awready):
            m.d.sync += [has_address.eq(1), write_address.eq(self.awaddr)]
        with m.If(self.wvalid & self.wready):
            m.d.sync += [
                has_data.eq(1),
                self.write_data.eq(self.wdata),
                self.write_strobe.eq(self.wstrb),
            ]
        with m.If(self.arvalid & self.arready):
            m.d.sync += [has_read.eq(1), read_address.eq(self.araddr)]
        return m
