"""The load port of a programmable core: packets of 32-bit words that fill its memories."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

#: Bits of a word of the load stream.
LOAD_BITS = 32


@dataclass(frozen=True)
class LoadTarget:
    """A memory that can be loaded: bits of a row, and number of rows."""

    name: str
    width: int
    depth: int

    @property
    def pieces(self) -> int:
        """Stream words of a row."""
        return -(-self.width // LOAD_BITS)


class LoadPort(wiring.Component):
    """Takes packets: the index of a memory, the number of rows, then the rows from row 0 on.

    A row is sent as ``pieces`` words, least significant first. A packet with an unknown index or
    with more rows than the memory has raises ``error`` and nothing is written. The stream is ready
    while ``enable`` is high.

    Members
    -------
    enable : In(1)
    i : In(stream of 32 bits)
    write_enable : Out(number of targets)
    write_address, write_data : Out
        Common to all targets, as wide as the widest.
    error : Out(1)
    """

    def __init__(self, targets: Sequence[LoadTarget]):
        self._targets = tuple(targets)
        self._data_bits = max(t.pieces for t in targets) * LOAD_BITS
        self._address_bits = max(t.depth for t in targets).bit_length()
        super().__init__(
            {
                "enable": In(1),
                "i": In(stream.Signature(LOAD_BITS)),
                "write_enable": Out(len(self._targets)),
                "write_address": Out(self._address_bits),
                "write_data": Out(self._data_bits),
                "error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pieces = max(t.pieces for t in self._targets)
        target = Signal(range(len(self._targets)))
        rows_left = Signal(LOAD_BITS)
        piece = Signal(range(pieces + 1))
        # The row so far; each word enters at the top of the pieces that the target has.
        row = Signal(self._data_bits)
        address = Signal(self._address_bits)
        m.d.comb += self.i.ready.eq(self.enable)
        m.d.sync += self.write_enable.eq(0)

        with m.FSM():
            with m.State("memory"):
                with m.If(self.i.valid & self.i.ready):
                    m.d.sync += target.eq(self.i.payload)
                    m.d.comb += self.error.eq(self.i.payload >= len(self._targets))
                    with m.If(~self.error):
                        m.next = "rows"
            with m.State("rows"):
                with m.If(self.i.valid & self.i.ready):
                    m.d.sync += [rows_left.eq(self.i.payload), address.eq(0), piece.eq(0)]
                    with m.Switch(target):
                        for index, memory in enumerate(self._targets):
                            with m.Case(index):
                                m.d.comb += self.error.eq(self.i.payload > memory.depth)
                    with m.If(self.error | (self.i.payload == 0)):
                        m.next = "memory"
                    with m.Else():
                        m.next = "data"
            with m.State("data"):
                with m.If(self.i.valid & self.i.ready):
                    m.d.sync += [row.word_select(piece, LOAD_BITS).eq(self.i.payload)]
                    m.d.sync += piece.eq(piece + 1)
                    with m.Switch(target):
                        for index, memory in enumerate(self._targets):
                            with m.Case(index):
                                with m.If(piece == memory.pieces - 1):
                                    m.d.sync += [
                                        self.write_enable[index].eq(1),
                                        self.write_address.eq(address),
                                        address.eq(address + 1),
                                        piece.eq(0),
                                        rows_left.eq(rows_left - 1),
                                    ]
                                    with m.If(rows_left == 1):
                                        m.next = "memory"
        m.d.comb += self.write_data.eq(row)
        return m
