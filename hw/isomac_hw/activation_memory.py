"""The activation memory: B interleaved banks, any B consecutive words in one cycle."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2


class ActivationMemory(wiring.Component):
    """Words of ``word_bits``, interleaved over banks: word a lies in bank a mod B.

    Read throughput is B words a cycle from any address, latency two enabled cycles: what is at
    ``read_address`` in an enabled cycle is on ``read_data`` after the second enabled edge. A cycle
    without ``read_enable`` holds both stages. Words beyond the depth read as anything; the caller
    masks them. A write reaches any words of one row, the B words whose addresses differ in the low
    bits only; a word written in cycle t may be read from cycle t + 1.

    Parameters
    ----------
    word_bits
        Bits of a word.
    depth
        Words in all banks together, a multiple of ``banks``.
    banks
        B, a power of two.
    address_bits
        Width of the address ports, at least what ``depth`` needs.

    Members
    -------
    read_enable : In(1)
    read_address : In(address_bits)
    read_data : Out(B words)
        Word j is the word at ``read_address + j``.
    write_mask : In(B)
        Which words of the row to write.
    write_address : In(address_bits)
        Of any word of the row.
    write_data : In(B words)
    """

    #: Enabled edges from address to data.
    READ_LATENCY = 2

    def __init__(self, *, word_bits: int, depth: int, banks: int, address_bits: int):
        if depth % banks:
            raise ValueError(f"Depth must be a multiple of the {banks} banks, not {depth}")
        self._word_bits, self._depth, self._banks = word_bits, depth, banks
        super().__init__(
            {
                "read_enable": In(1),
                "read_address": In(address_bits),
                "read_data": Out(data.ArrayLayout(word_bits, banks)),
                "write_mask": In(banks),
                "write_address": In(address_bits),
                "write_data": In(data.ArrayLayout(word_bits, banks)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        banks, rows = self._banks, self._depth // self._banks
        low_bits = ceil_log2(banks)
        row_bits = max(1, ceil_log2(rows))
        read_row = self.read_address[low_bits:]
        read_low = self.read_address[:low_bits]

        words = []
        for bank in range(banks):
            m.submodules[f"bank{bank}"] = array = memory.Memory(
                shape=self._word_bits, depth=max(2, rows), init=[]
            )
            read, write = array.read_port(), array.write_port()
            # Banks below the first one hold words of the next row.
            row = read_row if bank == banks - 1 else read_row + (bank < read_low)
            m.d.comb += [
                read.en.eq(self.read_enable),
                read.addr.eq(row[:row_bits]),
                write.en.eq(self.write_mask[bank]),
                write.addr.eq(self.write_address[low_bits:][:row_bits]),
                write.data.eq(self.write_data[bank]),
            ]
            words.append(read.data)

        first = Signal(low_bits)
        with m.If(self.read_enable):
            m.d.sync += first.eq(read_low)
            # Turn the row so that the addressed word comes first: a stage for each bit.
            line: Value = Cat(words)
            for stage in range(low_bits):
                turned = line.rotate_right(self._word_bits << stage)
                line = Mux(first[stage], turned, line)
            m.d.sync += self.read_data.as_value().eq(line)
        return m
