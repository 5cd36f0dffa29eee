"""The output job: sends a tensor from the activation memory to the stream, in memory order."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.activation_memory import ActivationMemory


class OutputFetch(wiring.Component):
    """Reads ``words`` + 1 words from ``base`` and up and sends them.

    ``start`` in cycle t: the first word is offered in t + 1 + ``ActivationMemory.READ_LATENCY``,
    one word a cycle after it if the stream is ready. ``done`` is high in the cycle in which the
    last one is accepted.

    Members
    -------
    start, base, words : In
    read_enable, read_address : Out
        To the activation memory; both its stages hold while the stream is not ready.
    read_data : In
        The first of the words that it returns.
    overrun : Out(1)
        A word lies beyond ``depth``.
    o : Out(stream)
    done : Out(1)
    """

    def __init__(self, *, word_bits: int, address_bits: int, count_bits: int, depth: int):
        self._count_bits, self._depth = count_bits, depth
        super().__init__(
            {
                "start": In(1),
                "base": In(address_bits),
                "words": In(count_bits),
                "read_enable": Out(1),
                "read_address": Out(address_bits),
                "read_data": In(word_bits),
                "overrun": Out(1),
                "o": Out(stream.Signature(word_bits)),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reading = Signal()
        left = Signal(self._count_bits)
        # One bit for each stage of the memory: a word is there, and it is the last.
        valid = Signal(ActivationMemory.READ_LATENCY)
        last = Signal(ActivationMemory.READ_LATENCY)
        m.d.comb += [
            self.o.valid.eq(valid[-1]),
            self.o.payload.eq(self.read_data),
            self.read_enable.eq(~self.o.valid | self.o.ready),
            self.overrun.eq(reading & (self.read_address >= self._depth)),
            self.done.eq(self.o.valid & self.o.ready & last[-1]),
        ]
        with m.If(self.read_enable):
            m.d.sync += [
                valid.eq((valid << 1) | reading),
                last.eq((last << 1) | (left == 0)),
                self.read_address.eq(self.read_address + 1),
                left.eq(left - 1),
            ]
            with m.If(left == 0):
                m.d.sync += reading.eq(0)
        with m.If(self.start):
            m.d.sync += [reading.eq(1), self.read_address.eq(self.base), left.eq(self.words)]
        return m
