"""The requantizer: from a sum to an int8 byte, in integers, with one rounding."""

from dataclasses import dataclass

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


@dataclass(frozen=True)
class Requantization:
    """Widths of a requantizer, and its arithmetic in Python integers.

    Parameters
    ----------
    accumulator_bits, bias_bits, sum_bits
        Signed widths of the sum from the array, the bias, and both added.
    multiplier_bits
        Unsigned width.
    shift_min, shift_bits
        The right shift is ``shift_min`` plus an unsigned offset of ``shift_bits``; ``shift_min`` is
        at least 1.
    has_add
        Whether a sum may hold two operands.
    """

    accumulator_bits: int
    bias_bits: int
    sum_bits: int
    multiplier_bits: int
    shift_min: int
    shift_bits: int
    has_add: bool

    def __post_init__(self) -> None:
        if self.shift_min < 1:
            raise ValueError(f"Smallest shift must be at least 1, not {self.shift_min}")
        if self.has_add and self.accumulator_bits < 17:
            raise ValueError(
                f"Accumulator must have 17 bits to hold two operands, not {self.accumulator_bits}"
            )

    @property
    def product_bits(self) -> int:
        """Signed width of (sum + bias) * multiplier, and of the second product added to it."""
        one = max(self.sum_bits, 11 if self.has_add else 0) + self.multiplier_bits
        return one + 1 + self.has_add

    def compute(
        self,
        total: int,
        *,
        bias: int,
        multiplier: int,
        shift_offset: int,
        zero_point: int,
        quant_min: int,
        quant_max: int,
        add: bool = False,
        zero_point_b: int = 0,
        multiplier_b: int = 0,
    ) -> int:
        """The byte for a sum; the second operand counts where ``add``.

        With ``add`` the sum is ``a - 256 * b`` for int8 a and b, ``bias`` is minus the zero point
        of a, and the result is the clamped ``((a + bias) * multiplier + (b - zero_point_b) *
        multiplier_b + half) >> shift`` plus ``zero_point``.
        """
        shift = self.shift_min + shift_offset
        if add:
            a = ((total + 128) & 255) - 128
            b = (a - total) >> 8
            product = (a + bias) * multiplier + (b - zero_point_b) * multiplier_b
        else:
            product = (total + bias) * multiplier
        rounded = (product + (1 << (shift - 1))) >> shift
        return max(quant_min, min(quant_max, rounded + zero_point))


class Requantizer(wiring.Component):
    """One requantization lane: a byte a cycle, ``LATENCY`` cycles from inputs to ``byte``.

    Parameters
    ----------
    widths
        See :class:`Requantization`, whose ``compute`` is the software twin.

    Members
    -------
    total, bias, multiplier, shift_offset : In
        Change every cycle.
    zero_point, quant_min, quant_max, add, zero_point_b, multiplier_b : In
        Stable while bytes of one job are inside.
    byte : Out(signed(8))
    """

    #: Stages: bias, product, sum of products, shift, round, clamp.
    LATENCY = 6

    def __init__(self, widths: Requantization):
        self._widths = widths
        super().__init__(
            {
                "total": In(signed(widths.accumulator_bits)),
                "bias": In(signed(widths.bias_bits)),
                "multiplier": In(widths.multiplier_bits),
                "shift_offset": In(widths.shift_bits),
                "zero_point": In(signed(8)),
                "quant_min": In(signed(8)),
                "quant_max": In(signed(8)),
                "add": In(1),
                "zero_point_b": In(signed(8)),
                "multiplier_b": In(widths.multiplier_bits),
                "byte": Out(signed(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        w = self._widths
        operand_bits = max(w.sum_bits, 11 if w.has_add else 0)

        # b: bias added. With two operands, a is the low byte and the rest, corrected by a's sign,
        # is -b.
        b_operand = Signal(signed(operand_bits))
        first = self.total
        if w.has_add:
            first = Mux(self.add, self.total[:8].as_signed(), self.total)
        m.d.sync += b_operand.eq(first + self.bias)

        # p: product.
        p_product = Signal(signed(operand_bits + w.multiplier_bits + 1))
        multiplier, offsets = self.multiplier, [self.shift_offset]
        b_multiplier = Signal.like(multiplier)
        m.d.sync += [b_multiplier.eq(multiplier), p_product.eq(b_operand * b_multiplier)]

        # q: sum of products.
        q_product = Signal(signed(w.product_bits))
        if w.has_add:
            b_second = Signal(signed(11))
            p_second = Signal(signed(11 + w.multiplier_bits + 1))
            minus_b = (self.total >> 8) + self.total[7]
            m.d.sync += [
                b_second.eq(-minus_b - self.zero_point_b),
                p_second.eq(b_second * self.multiplier_b),
                q_product.eq(p_product + Mux(self.add, p_second, 0)),
            ]
        else:
            m.d.sync += q_product.eq(p_product)

        for stage in ("b", "p", "q"):
            held = Signal.like(self.shift_offset, name=f"{stage}_shift_offset")
            m.d.sync += held.eq(offsets[-1])
            offsets.append(held)

        # s: shifted by all but one of the places, so that adding 1 rounds half up.
        kept = q_product >> (w.shift_min - 1)
        s_value = Signal(signed(len(kept)))
        m.d.sync += s_value.eq(kept >> offsets[-1])

        # r: rounded, and saturated to what the zero point can still bring back into int8.
        rounded = (s_value + 1) >> 1
        r_value = Signal(signed(10))
        with m.If(rounded > 511):
            m.d.sync += r_value.eq(511)
        with m.Elif(rounded < -512):
            m.d.sync += r_value.eq(-512)
        with m.Else():
            m.d.sync += r_value.eq(rounded)

        # Clamp.
        shifted = Signal(signed(11))
        m.d.comb += shifted.eq(r_value + self.zero_point)
        with m.If(shifted > self.quant_max):
            m.d.sync += self.byte.eq(self.quant_max)
        with m.Elif(shifted < self.quant_min):
            m.d.sync += self.byte.eq(self.quant_min)
        with m.Else():
            m.d.sync += self.byte.eq(shifted)
        return m
