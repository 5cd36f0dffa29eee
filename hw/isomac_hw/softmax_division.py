"""Shares of a sum by division: one restoring division for the sum, one product for each share."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.softmax_parameters import SoftmaxParameters


class Reciprocal(wiring.Component):
    """``(1 << reciprocal_bits) // divisor`` by restoring division, one bit of the quotient a cycle.

    With ``start`` in cycle t, ``quotient`` is valid from cycle ``t + 1 + quotient_bits`` until the
    cycle of the next start, whatever the divisor.

    Parameters
    ----------
    parameters
        Of the softmax unit.

    Members
    -------
    start : In(1)
        Begins a division; abandons one that is running.
    divisor : In(sum_bits)
        At least ``table_peak``; read, and so stable, in the cycles t + 1 to t + quotient_bits.
    quotient : Out(quotient_bits)
    """

    start: Signal
    divisor: Signal
    quotient: Signal

    def __init__(self, parameters: SoftmaxParameters) -> None:
        self.parameters = parameters
        super().__init__(
            {
                "start": In(1),
                "divisor": In(parameters.sum_bits),
                "quotient": Out(parameters.quotient_bits),
            }
        )

    def elaborate(self, platform: object) -> Module:
        p = self.parameters
        m = Module()

        # The dividend is a one and zeros. All above the place of the highest quotient bit is less
        # than any divisor: the first minuend is the dividend down to there, and only zeros follow.
        first = 1 << (p.reciprocal_bits + 1 - p.quotient_bits)
        minuend = Signal(p.sum_bits + 1)
        # A one ahead of the quotient bits counts them: it arrives at the top with the last of them.
        marked = Signal(p.quotient_bits + 1, init=1 << p.quotient_bits)
        difference = Signal(signed(p.sum_bits + 2))
        fits = Signal()
        m.d.comb += [
            difference.eq(minuend - self.divisor),
            fits.eq(~difference[-1]),
            self.quotient.eq(marked[:-1]),
        ]
        with m.If(self.start):
            m.d.sync += [minuend.eq(first), marked.eq(1)]
        with m.Elif(~marked[-1]):
            m.d.sync += [
                minuend.eq(Mux(fits, difference, minuend) << 1),
                marked.eq(Cat(fits, marked)),
            ]
        return m


class DivisionShares(wiring.Component):
    """What each exponential is of the sum of a row, by division.

    With ``start`` in cycle t, the shares of that sum come from cycle ``t + 1 + reciprocal_cycles``
    on, whatever the sum: each ``share_latency`` cycles after its exponential.

    Parameters
    ----------
    parameters
        Of the softmax unit.

    Members
    -------
    start : In(1)
        Begins with a new sum.
    total : In(sum_bits)
        The sum, at least ``table_peak``. Stable in the cycles t + 1 to t + reciprocal_cycles.
    exponent : In(table_bits)
        Part of the sum.
    halves : Out(share_bits + 2)
        Twice the share, rounded down.
    """

    start: Signal
    total: Signal
    exponent: Signal
    halves: Signal

    def __init__(self, parameters: SoftmaxParameters) -> None:
        self.parameters = p = parameters
        super().__init__(
            {
                "start": In(1),
                "total": In(p.sum_bits),
                "exponent": In(p.table_bits),
                "halves": Out(p.share_bits + 2),
            }
        )

    def elaborate(self, platform: object) -> Module:
        p = self.parameters
        m = Module()
        m.submodules.reciprocal = reciprocal = Reciprocal(p)
        product = Signal(p.table_bits + p.quotient_bits)
        m.d.comb += [
            reciprocal.start.eq(self.start),
            reciprocal.divisor.eq(self.total),
            product.eq(self.exponent * reciprocal.quotient),
        ]
        # No exponential exceeds the sum, so no product exceeds 1 << reciprocal_bits.
        m.d.sync += self.halves.eq(product[p.shift - 1 :])
        return m
