"""Wishbone B4, pipelined: requests wait in a register until they are served."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.interfaces.control import STROBE_BITS
from isomac_hw.interfaces.ports import bus_ports
from isomac_hw.interfaces.register_map import INDEX_BITS, PATIENCE, Register, register

#: Bits of a piece of a word: the width of the bus.
PIECE_BITS = 32


class WishboneBus(wiring.Component):
    """A target of Wishbone B4, pipelined, in front of the registers and of both streams.

    A request is served in the cycle after it came, or stalls those behind it until it can be, and
    the answer comes one cycle later: one in each cycle without stalls. ``stall_o`` depends on no
    input within a cycle. A cycle that ends early (``cyc_i`` falls) drops the request that waits.

    Parameters
    ----------
    word_bytes
        Bytes of a word of the streams, which INPUT and OUTPUT take and give in pieces of 4 bytes.

    Members
    -------
    cyc_i, stb_i, we_i, adr_i, dat_i, sel_i, dat_o, stall_o, ack_o, err_o
        The bus.
    ready, write_enable, write_index, write_data, write_strobe, refused, read_index, read_data
        To the registers, see :class:`isomac_hw.interfaces.control.Control`.
    running : In(1)
        The core runs.
    stuck : In(1)
        It goes on only with the next word of input, with room for a word of output, or with a
        start.
    clear : In(1)
        Forget the pieces of words that are not complete.
    i : Out(stream of words)
        To the core.
    o : In(stream of words)
        From the core.
    """

    def __init__(self, word_bytes: int):
        self._word_bits = 8 * word_bytes
        self._pieces = -(-self._word_bits // PIECE_BITS)
        bus = {
            port.name.removeprefix("wb_"): (In if port.is_input else Out)(port.width)
            for port in bus_ports("wishbone", word_bytes)
            if port.name.startswith("wb_")
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
                "running": In(1),
                "stuck": In(1),
                "clear": In(1),
                "i": Out(stream.Signature(self._word_bits)),
                "o": In(stream.Signature(self._word_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        waiting = Signal()
        writes = Signal()
        index = Signal(INDEX_BITS)
        data = Signal(32)
        strobe = Signal(STROBE_BITS)
        # Whether the request that waits can be served or must be refused, and whether it is: not in
        # the cycle in which `cyc_i` falls. The bus sees the former, lest a path leads through here.
        can_serve = Signal()
        must_refuse = Signal()
        lives = waiting & self.cyc_i
        ends = can_serve | must_refuse
        served = lives & can_serve
        m.d.comb += [
            self.stall_o.eq(waiting & ~ends),
            self.write_index.eq(index),
            self.write_data.eq(data),
            self.write_strobe.eq(strobe),
            self.read_index.eq(index),
        ]
        m.d.sync += [self.ack_o.eq(served), self.err_o.eq(lives & must_refuse)]
        with m.If(self.cyc_i & self.stb_i & ~self.stall_o):
            m.d.sync += [
                waiting.eq(1),
                writes.eq(self.we_i),
                index.eq(self.adr_i),
                data.eq(self.dat_i),
                strobe.eq(self.sel_i),
            ]
        with m.Elif(ends | ~self.cyc_i):
            m.d.sync += waiting.eq(0)

        takes = Signal()  # a piece of input
        gives = Signal()  # a piece of output
        has_room = self._input(m, takes, data)
        has_piece, piece = self._output(m, gives)
        m.d.sync += self.dat_o.eq(self.read_data)
        present = waiting & self.ready
        lasting = self._patience(m, lives & self.ready & ~can_serve)
        with m.If(_within(index, register("INPUT")) & writes):
            with m.If(strobe.all()):
                m.d.comb += [
                    takes.eq(lives & can_serve),
                    can_serve.eq(present & has_room),
                    must_refuse.eq(present & ~has_room & lasting),
                ]
            with m.Else():
                m.d.comb += [
                    can_serve.eq(present & ~strobe.any()),
                    must_refuse.eq(present & strobe.any()),
                ]
        with m.Elif(_within(index, register("OUTPUT")) & ~writes):
            m.d.comb += [
                gives.eq(lives & can_serve),
                can_serve.eq(present & has_piece),
                must_refuse.eq(present & ~has_piece & lasting),
            ]
            m.d.sync += self.dat_o.eq(piece)
        with m.Else():
            m.d.comb += [
                self.write_enable.eq(lives & self.ready & writes),
                must_refuse.eq(present & writes & self.refused),
                can_serve.eq(present & ~(writes & self.refused)),
            ]
        return m

    def _input(self, m: Module, takes: Signal, data: Signal) -> Value:
        """Collect pieces to a word; returns whether there is room for one."""
        word = Signal(PIECE_BITS * self._pieces)
        number = Signal(range(self._pieces))
        full = Signal()
        m.d.comb += [self.i.valid.eq(full & ~self.clear), self.i.payload.eq(word)]
        with m.If(self.i.ready):
            m.d.sync += full.eq(0)
        with m.If(takes):
            m.d.sync += word.word_select(number, PIECE_BITS).eq(data)
            with m.If(number == self._pieces - 1):
                m.d.sync += [full.eq(1), number.eq(0)]
            with m.Else():
                m.d.sync += number.eq(number + 1)
        with m.If(self.clear):
            m.d.sync += [full.eq(0), number.eq(0)]
        return ~full | self.i.ready

    def _output(self, m: Module, gives: Signal) -> tuple[Value, Value]:
        """Hand a word out in pieces; returns whether there is one, and the piece."""
        number = Signal(range(self._pieces))
        padded = Signal(PIECE_BITS * self._pieces)
        is_last = number == self._pieces - 1
        m.d.comb += [padded.eq(self.o.payload), self.o.ready.eq(gives & is_last)]
        with m.If(gives):
            m.d.sync += number.eq(number + 1)
            with m.If(is_last):
                m.d.sync += number.eq(0)
        with m.If(self.clear):
            m.d.sync += number.eq(0)
        return self.o.valid, padded.word_select(number, PIECE_BITS)

    def _patience(self, m: Module, waits: Value) -> Value:
        """Whether an access has waited for `PATIENCE` cycles in which nothing could come of it."""
        helpless = ~self.running | self.stuck
        count = Signal(ceil_log2(PATIENCE))
        m.d.sync += count.eq(0)
        with m.If(waits & helpless):
            m.d.sync += count.eq(count + 1)
        return helpless & (count == PATIENCE - 1)


def _within(index: Signal, window: Register) -> Value:
    """Whether a register's number is one of a window, whose size is a power of two."""
    low = (window.bytes // 4 - 1).bit_length()
    return index[low:] == window.index >> low
