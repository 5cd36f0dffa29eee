"""The departure of the output: a register between the core and the outside, with the word count."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.interfaces.control import WORDS_BITS


class Departure(wiring.Component):
    """Holds a word until it is taken, whatever becomes of the core, and counts the words.

    A core that stops with an error withdraws the word it offers, which no bus allows. A word passes
    in each cycle, one cycle later.

    Parameters
    ----------
    word_bits
        Width of a word.

    Members
    -------
    i : In(stream)
        From the core.
    o : Out(stream)
    last : Out(1)
        The word at ``o`` is the last of an inference, by the count of ``words``.
    words : In(32)
        Words of an inference; 0 where that is not known.
    core_done : In(1)
        The core has sent the last word of an inference.
    done : Out(1)
        That word has left, too.
    clear : In(1)
        Forget everything.
    """

    def __init__(self, word_bits: int):
        super().__init__(
            {
                "i": In(stream.Signature(word_bits)),
                "o": Out(stream.Signature(word_bits)),
                "last": Out(1),
                "words": In(WORDS_BITS),
                "core_done": In(1),
                "done": Out(1),
                "clear": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        count = Signal(WORDS_BITS)
        finishing = Signal()
        m.d.comb += [
            self.i.ready.eq(~self.o.valid | self.o.ready),
            self.last.eq(count == self.words),
            # The core is done once per inference, and its words are here or gone by then.
            self.done.eq(finishing & self.i.ready & ~self.clear),
        ]
        with m.If(self.i.ready):
            m.d.sync += [self.o.valid.eq(self.i.valid), self.o.payload.eq(self.i.payload)]
        # The number of the word in the register, from 1 on.
        m.d.sync += count.eq(Mux(self.done, 0, count) + (self.i.valid & self.i.ready))
        with m.If(self.core_done):
            m.d.sync += finishing.eq(1)
        with m.Elif(self.done):
            m.d.sync += finishing.eq(0)
        with m.If(self.clear):
            m.d.sync += [self.o.valid.eq(0), count.eq(0), finishing.eq(0)]
        return m
