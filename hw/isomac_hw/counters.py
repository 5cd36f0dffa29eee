"""The cycle counters: one for the inference in flight, one for the layer."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

#: Width of the cycle counters.
COUNTER_BITS = 32


class Counters(wiring.Component):
    """Counts from the first accepted input word of an inference to its last output word.

    Both cycles count. That the program has ended is noticed a cycle after the latter.

    Members
    -------
    reset : In(1)
        An inference begins; the next accepted word starts the count.
    input_accepted : In(1)
    layer_end : In(1)
        The last cycle of a layer; of the last layer, the one after it.
    finished : In(1)
        The cycle after the last one of the inference, or the core has stopped.
    cycles : Out(32)
    layer_done, layer_cycles : Out
        A pulse in the cycle after each layer's last, with the cycles since the layer before.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "reset": In(1),
                "input_accepted": In(1),
                "layer_end": In(1),
                "finished": In(1),
                "cycles": Out(COUNTER_BITS),
                "layer_done": Out(1),
                "layer_cycles": Out(COUNTER_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        counting = Signal()
        layer_counter = Signal(COUNTER_BITS)
        runs = counting | self.input_accepted
        # Where the count begins is told from `counting`, a register, and not from the word that is
        # accepted, which is known late in the cycle: the carry does not wait for it.
        with m.If(runs):
            m.d.sync += counting.eq(~self.finished)
            with m.If(~self.finished):
                m.d.sync += self.cycles.eq(Mux(counting, self.cycles + 1, 1))
            m.d.sync += layer_counter.eq(
                Mux(self.layer_end, 0, Mux(counting, layer_counter + 1, 1)),
            )
        with m.If(self.reset):
            m.d.sync += counting.eq(0)
        m.d.sync += self.layer_done.eq(self.layer_end)
        with m.If(self.layer_end):
            # Of the last layer this cycle is none any more.
            this_cycle = ~self.finished
            m.d.sync += self.layer_cycles.eq(Mux(counting, layer_counter, 0) + this_cycle)
        return m
