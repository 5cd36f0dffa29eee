"""Tables that bytes go through behind the requantizers: any function of one byte."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.image_memory import ImageMemory

#: Entries of a table.
ENTRIES = 256


class Lookup(wiring.Component):
    """R bytes a cycle through one of some tables, or past them; ``LATENCY`` cycles later.

    Each lane has a memory of its own with all the tables. Entry v of a table is the result for the
    byte v, taken as unsigned.

    Parameters
    ----------
    lanes
        R.
    tables
        Number of tables.
    image
        File name of the content, tables one behind the other, a byte a row.
    init
        The same content for the Amaranth simulator.
    loadable
        Whether the tables can be written.

    Members
    -------
    enable : In(1)
    table : In
        Whether bytes go through a table, and its index: stable while bytes of one job are inside.
    bytes : In(R of signed(8))
    results : Out(R of signed(8))
    write_enable, write_address, write_data : In
        Where ``loadable``: a row of all lanes' memories.
    """

    LATENCY = 1

    def __init__(
        self, *, lanes: int, tables: int, image: str, init: Sequence[int] = (), loadable: bool
    ):
        self._lanes, self._tables, self._image = lanes, tables, image
        self._init, self._loadable = list(init), loadable
        depth = ENTRIES * tables
        row = data.ArrayLayout(signed(8), lanes)
        members: dict[str, In | Out] = {
            "enable": In(1),
            "table": In(max(1, ceil_log2(tables))),
            "bytes": In(row),
            "results": Out(row),
        }
        if loadable:
            members |= {
                "write_enable": In(1),
                "write_address": In(ceil_log2(depth)),
                "write_data": In(8),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for lane in range(self._lanes):
            m.submodules[f"lane_{lane}"] = memory = ImageMemory(
                width=8,
                depth=ENTRIES * self._tables,
                image=self._image,
                init=self._init,
                loadable=self._loadable,
            )
            past = Signal(signed(8), name=f"past_{lane}")
            m.d.sync += past.eq(self.bytes[lane])
            m.d.comb += [
                memory.address.eq(Cat(self.bytes[lane].as_unsigned(), self.table)),
                self.results[lane].eq(past),
            ]
            with m.If(self.enable):
                m.d.comb += self.results[lane].eq(memory.data)
            if self._loadable:
                m.d.comb += [
                    memory.write_enable.eq(self.write_enable),
                    memory.write_address.eq(self.write_address),
                    memory.write_data.eq(self.write_data),
                ]
        return m
