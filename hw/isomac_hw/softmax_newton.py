"""Shares of a sum by Newton's iteration, with one multiplier for it and for the shares."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from isomac_hw import newton
from isomac_hw.softmax_parameters import SoftmaxParameters

#: Bits of the lower half of a factor: with a sign it fills an FPGA's multiplier of 18 bits.
LOW_BITS = 17


class PipelinedMultiplier(wiring.Component):
    """The product of an unsigned and a signed number, one a cycle, three cycles after the factors.

    The first register holds the factors, the second the four products of their halves, the third
    the sum of these.

    Parameters
    ----------
    a_bits, b_bits
        Widths of the factors, more than 17.

    Members
    -------
    a : In(a_bits)
    b : In(signed(b_bits))
    product : Out(signed(a_bits + b_bits))
    """

    a: Signal
    b: Signal
    product: Signal

    LATENCY = 3

    def __init__(self, a_bits: int, b_bits: int) -> None:
        super().__init__(
            {
                "a": In(a_bits),
                "b": In(signed(b_bits)),
                "product": Out(signed(a_bits + b_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        a, b = Signal.like(self.a), Signal.like(self.b)
        m.d.sync += [a.eq(self.a), b.eq(self.b)]

        a_low, a_high = a[:LOW_BITS], a[LOW_BITS:]
        b_low, b_high = b[:LOW_BITS], b[LOW_BITS:].as_signed()
        low = Signal(2 * LOW_BITS)
        crossed_a = Signal(len(a_high) + LOW_BITS)
        crossed_b = Signal(signed(LOW_BITS + len(b_high)))
        high = Signal(signed(len(a_high) + len(b_high)))
        m.d.sync += [
            low.eq(a_low * b_low),
            crossed_a.eq(a_high * b_low),
            crossed_b.eq(a_low * b_high),
            high.eq(a_high * b_high),
        ]

        # The lower product is as wide as the place of the higher one: both together are one number.
        outer = Cat(low, high).as_signed()
        m.d.sync += self.product.eq(outer + ((crossed_a + crossed_b) << LOW_BITS))
        return m


class NewtonShares(wiring.Component):
    """What each exponential is of the sum of a row, by Newton's iteration.

    With ``start`` in cycle t, the shares of that sum come from cycle ``t + 1 + reciprocal_cycles``
    on, whatever the sum: each ``share_latency`` cycles after its exponential. Exponentials of the
    sum before may still come in cycle t; then the iteration has the multiplier.

    Parameters
    ----------
    parameters
        Of the softmax unit.

    Members
    -------
    start : In(1)
        Begins with a new sum; abandons an iteration that is running.
    total : In(sum_bits)
        The sum of rounded exponentials, at least ``1 << (SUM_BITS_MIN - 1)``. Stable in the cycles
        t + 1 and t + 2.
    exponent : In(table_bits)
        Part of the sum.
    halves : Out(share_bits + 2)
        Twice the share, rounded down.
    reciprocal : Out(reciprocal_bits)
        Of the normalized sum, from cycle ``t + 1 + reciprocal_cycles`` to that of the next start.
    """

    start: Signal
    total: Signal
    exponent: Signal
    halves: Signal
    reciprocal: Signal

    def __init__(self, parameters: SoftmaxParameters) -> None:
        self.parameters = p = parameters
        super().__init__(
            {
                "start": In(1),
                "total": In(p.sum_bits),
                "exponent": In(p.table_bits),
                "halves": Out(p.share_bits + 2),
                "reciprocal": Out(p.reciprocal_bits),
            }
        )

    def elaborate(self, platform: object) -> Module:
        p = self.parameters
        m = Module()
        m.submodules.multiplier = multiplier = PipelinedMultiplier(
            p.table_bits, newton.RECIPROCAL_BITS + 1
        )

        # Four cycles a product, of which the last takes it in: the upper bits of the time say which
        # product it is. Two cycles before the first normalize. At zero nothing runs.
        assert multiplier.LATENCY == 3
        time = Signal(range(p.reciprocal_cycles + 2))
        with m.If(self.start):
            m.d.sync += time.eq(2)
        with m.Elif(time != 0):
            m.d.sync += time.eq(time + 1)

        # Bits of the sum beyond the fewest it can have: now, and when its reciprocal is complete.
        # Until then shares of the sum before are on their way.
        more = Signal(range(max(2, p.sum_bits - newton.SUM_BITS_MIN + 1)))
        more_complete = Signal.like(more)
        divisor = Signal(newton.DIVISOR_BITS)
        with m.If(time == 2):
            for extra, bit in enumerate(self.total[newton.SUM_BITS_MIN - 1 :]):
                with m.If(bit):
                    m.d.sync += more.eq(extra)
        with m.If(time == 3):
            highest = self.total << (newton.DIVISOR_BITS - newton.SUM_BITS_MIN)
            m.d.sync += divisor.eq(highest >> more)
        with m.If(time.all()):
            m.d.sync += more_complete.eq(more)

        self._iterate(m, multiplier, time, divisor)

        # The first rounding adds 1 at the lowest bit that is left, the second is up to the reader.
        rounded = Signal(len(self.halves))
        kept = multiplier.product[newton.FIRST_SHIFT - 1 :] + 1
        m.d.sync += [
            rounded.eq(kept[newton.SHARE_SHIFT - newton.FIRST_SHIFT :]),
            self.halves.eq(rounded >> more_complete),
        ]
        return m

    def _iterate(
        self, m: Module, multiplier: PipelinedMultiplier, time: Signal, divisor: Signal
    ) -> None:
        """Multiply for the iteration, and when it is complete the exponents by its result."""
        phase, which = time[:2], time[2:]
        estimate = Signal(newton.RECIPROCAL_BITS)
        # From the line on, divisor * estimate is within 1/16 of 1.
        error = Signal(signed(newton.ESTIMATE_BITS - 3))
        largest = (1 << newton.RECIPROCAL_BITS) - 1
        m.d.comb += self.reciprocal.eq(Mux(estimate[-1], largest, estimate << 1))
        with m.If(which == 0):
            m.d.comb += [multiplier.a.eq(self.exponent), multiplier.b.eq(self.reciprocal)]
        with m.Elif(which == 1):
            m.d.comb += [multiplier.a.eq(divisor), multiplier.b.eq(newton.SLOPE)]
        with m.Elif(which[0]):
            m.d.comb += [multiplier.a.eq(estimate), multiplier.b.eq(error)]
        with m.Else():
            m.d.comb += [multiplier.a.eq(divisor), multiplier.b.eq(estimate)]

        # Rounding half up adds the highest of the bits that are shifted out.
        shift = newton.PRODUCT_SHIFT
        product = multiplier.product[shift:].as_signed() + multiplier.product[shift - 1]
        with m.If(phase.all()):
            with m.If(which == 1):
                m.d.sync += estimate.eq(product + newton.INTERCEPT)
            with m.Elif(which[0]):
                m.d.sync += estimate.eq(estimate + (product << 2))
            with m.Elif(which != 0):
                m.d.sync += error.eq(newton.ONE - product)
