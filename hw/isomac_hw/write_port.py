"""What is written to the activation memory, a cycle before it is."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2


class WritePort(wiring.Component):
    """Takes words from the units, and rows from the input store, to the memory's write port.

    Between them is a register: a unit's last cycle may be long, and so may the way to a memory that
    lies all over the chip. A word goes before a row; who sends rows waits meanwhile.

    Parameters
    ----------
    word_bits, banks, depth, address_bits
        Of the memory.

    Members
    -------
    word_valid, word_address, word_data : In
        A single word.
    row_mask, row_address, row_data : In
        Any words of one row.
    enable : In(1)
        Without it nothing is written.
    overrun : Out(1)
        What comes in this cycle lies beyond the memory, and is not written.
    write_mask, write_address, write_data : Out
        To the memory, in the next cycle.
    word_written : Out(1)
        In the next cycle: a single word is written. It is at each place of ``write_data``.
    """

    def __init__(self, *, word_bits: int, banks: int, depth: int, address_bits: int):
        self._banks, self._depth = banks, depth
        row = data.ArrayLayout(word_bits, banks)
        super().__init__(
            {
                "word_valid": In(1),
                "word_address": In(address_bits),
                "word_data": In(word_bits),
                "row_mask": In(banks),
                "row_address": In(address_bits),
                "row_data": In(row),
                "enable": In(1),
                "overrun": Out(1),
                "write_mask": Out(banks),
                "write_address": Out(address_bits),
                "write_data": Out(row),
                "word_written": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Data, which the mask vouches for: no reset reaches it.
        address = Signal.like(self.write_address, reset_less=True)
        words = Signal(self.write_data.shape(), reset_less=True)
        # Both are compared at once: which of them counts is known later.
        word_fits = self.word_address < self._depth
        row_fits = self.row_address < self._depth
        fits = Mux(self.word_valid, word_fits, row_fits)
        place = self.word_address[: ceil_log2(self._banks)]
        mask = Mux(self.word_valid, 1 << place, self.row_mask)
        m.d.comb += [
            self.overrun.eq(mask.any() & ~fits),
            self.write_address.eq(address),
            self.write_data.eq(words),
        ]
        m.d.sync += [
            self.write_mask.eq(Mux(self.enable & fits, mask, 0)),
            self.word_written.eq(self.enable & self.word_valid & word_fits),
            address.eq(Mux(self.word_valid, self.word_address, self.row_address)),
        ]
        for bank in range(self._banks):
            word = Mux(self.word_valid, self.word_data, self.row_data[bank])
            m.d.sync += words[bank].eq(word)
        return m
