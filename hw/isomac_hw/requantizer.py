"""The requantizer: from a sum to an int8 byte, in integers."""

from dataclasses import dataclass

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.product import Pieces, pieces

#: Signed width of an operand less its zero point.
OPERAND_BITS = 11
#: Widths of the numbers that align the second operand of an addition: the left shift of the first,
#: the right shift of the second's product, and what is added before it.
LEFT_SHIFT_BITS, ALIGN_SHIFT_BITS, ALIGN_HALF_BITS = 5, 6, 42
#: With double rounding, shifts above this one round a second time, below the half of that place.
FIRST_SHIFT = 31
FIRST_HALF = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """How the second operand of an addition is brought to the scale of the first.

    Parameters
    ----------
    left_shift
        Places by which the first operand moves up.
    shift
        Places by which the product of the second operand and its multiplier moves down.
    half, half_negative
        Added to that product before, where it is 0 or more, or below 0.
    """

    left_shift: int
    shift: int
    half: int
    half_negative: int


@dataclass(frozen=True)
class Requantization:
    """Widths of a requantizer, and its arithmetic in Python integers.

    Parameters
    ----------
    accumulator_bits, bias_bits, sum_bits
        Signed widths of the sum from the array, the bias, and both added; or, if that is wider, of
        two aligned operands added.
    multiplier_bits
        Unsigned width.
    shift_min, shift_bits
        The right shift is ``shift_min`` plus an unsigned offset of ``shift_bits``; ``shift_min`` is
        at least 1.
    has_add
        Whether a sum may hold two operands, each of which has its multiplier.
    has_aligned_add
        Whether it may hold two operands, the second of which is aligned with the first.
    has_double_rounding
        Whether products may be rounded twice.
    """

    accumulator_bits: int
    bias_bits: int
    sum_bits: int
    multiplier_bits: int
    shift_min: int
    shift_bits: int
    has_add: bool
    has_aligned_add: bool = False
    has_double_rounding: bool = False

    def __post_init__(self) -> None:
        if self.shift_min < 1:
            raise ValueError(f"Smallest shift must be at least 1, not {self.shift_min}")
        if self.has_operands and self.accumulator_bits < 17:
            raise ValueError(
                f"Accumulator must have 17 bits to hold two operands, not {self.accumulator_bits}"
            )

    @property
    def has_operands(self) -> bool:
        """Whether a sum may hold two operands."""
        return self.has_add or self.has_aligned_add

    @property
    def latency(self) -> int:
        """Cycles from inputs to the byte: those of :func:`requantizer_latency`."""
        return requantizer_latency(self.has_aligned_add)

    @property
    def operand_bits(self) -> int:
        """Signed width of what is multiplied."""
        return max(self.sum_bits, OPERAND_BITS if self.has_operands else 0)

    @property
    def product_bits(self) -> int:
        """Signed width of the product with what is added to it before the shift."""
        return self.operand_bits + self.multiplier_bits + 1 + self.has_add

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
        double_rounding: bool = False,
        add: bool = False,
        zero_point_b: int = 0,
        multiplier_b: int = 0,
        alignment: Alignment | None = None,
    ) -> int:
        """The byte for a sum; the second operand counts where ``add`` or with an alignment.

        The sum is ``a - 256 * b`` then, for int8 a and b, and ``bias`` is minus the zero point of
        a. With ``add`` the product is ``(a + bias) * multiplier + (b - zero_point_b) *
        multiplier_b``. With an alignment it is ``multiplier`` times ``(a + bias) << left_shift``
        plus ``((b - zero_point_b) * multiplier_b + half) >> shift``. With ``add`` there is always
        one rounding.
        """
        places = self.shift_min + shift_offset
        a = ((total + 128) & 255) - 128
        b = ((a - total) >> 8) - zero_point_b
        if alignment is not None:
            second = b * multiplier_b
            half = alignment.half if second >= 0 else alignment.half_negative
            aligned = (second + half) >> alignment.shift
            product = (((a + bias) << alignment.left_shift) + aligned) * multiplier
        elif add:
            product = (a + bias) * multiplier + b * multiplier_b
        else:
            product = (total + bias) * multiplier
        if double_rounding and not add and places > FIRST_SHIFT:
            product += FIRST_HALF if product >= 0 else -FIRST_HALF
        rounded = (product + (1 << (places - 1))) >> places
        return max(quant_min, min(quant_max, rounded + zero_point))


def requantizer_latency(has_aligned_add: bool) -> int:
    """Cycles from the inputs of a requantizer to its byte.

    Stages: bias, pieces of the product, their sums, total, shift, round, clamp; and before the
    product of a sum that may be aligned: pieces of the second operand's product, total, shift, sum.
    """
    return 7 + (4 if has_aligned_add else 0)


class Requantizer(wiring.Component):
    """One requantization lane: a byte a cycle, ``widths.latency`` cycles from inputs to ``byte``.

    Parameters
    ----------
    widths
        See :class:`Requantization`, whose ``compute`` is the software twin.

    Members
    -------
    total, bias, multiplier, shift_offset : In
        Change every cycle.
    zero_point, quant_min, quant_max : In(signed(8))
    double_rounding, add, aligned : In(1)
    zero_point_b, multiplier_b : In
    left_shift, align_shift, align_half, align_half_negative : In
        See :class:`Alignment`. These and the above are stable while bytes of one job are inside.
    byte : Out(signed(8))
    """

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
                "double_rounding": In(1),
                "add": In(1),
                "aligned": In(1),
                "zero_point_b": In(signed(8)),
                "multiplier_b": In(widths.multiplier_bits),
                "left_shift": In(LEFT_SHIFT_BITS),
                "align_shift": In(ALIGN_SHIFT_BITS),
                "align_half": In(ALIGN_HALF_BITS),
                "align_half_negative": In(ALIGN_HALF_BITS),
                "byte": Out(signed(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        w = self._widths
        # What comes with the sum follows it, a register a stage, until it is used.
        multiplier: Value = self.multiplier
        shift_offset: Value = self.shift_offset

        # bias: added. With two operands, a is the low byte and the rest, corrected by a's sign, is
        # -b.
        first: Value = self.total
        second: Value = Const(0)
        if w.has_operands:
            first = Mux(self.add | self.aligned, self.total[:8].as_signed(), self.total)
            minus_b = (self.total >> 8) + self.total[7]
            second = _next(m, "second", -minus_b - self.zero_point_b, signed(OPERAND_BITS))
        operand = _next(m, "biased", first + self.bias, signed(w.operand_bits))
        multiplier = _next(m, "biased_multiplier", multiplier)
        shift_offset = _next(m, "biased_shift_offset", shift_offset)

        second_pieces = Pieces(Const(0), ())
        if w.has_operands:
            second_pieces = pieces(m, "second_product", second, self.multiplier_b)
        if w.has_aligned_add:
            negative = _next(m, "second_negative", second[-1])
            operand, second_pieces = self._align(m, operand, second_pieces, negative)
            for stage in ("multiplied", "rounded", "shifted", "aligned"):
                multiplier = _next(m, f"{stage}_multiplier", multiplier)
                shift_offset = _next(m, f"{stage}_shift_offset", shift_offset)

        # product, in pieces.
        product = pieces(m, "product", operand, multiplier)
        negative = _next(m, "product_negative", operand[-1])
        shift_offset = _next(m, "product_shift_offset", shift_offset)

        # sums of pieces, among them those of the second operand, or the first of two roundings: the
        # product has the sign of its operand, or is 0 and rounds to 0 with either sign.
        outer, cross = product.outer, list(product.cross)
        if w.has_double_rounding:
            twice = self.double_rounding & ~self.add & self._shifts_beyond(shift_offset)
            outer = outer + Mux(twice, Mux(negative, -FIRST_HALF, FIRST_HALF), 0)
        if w.has_add:
            outer = outer + Mux(self.add, second_pieces.outer, 0)
            cross += [Mux(self.add, piece, 0) for piece in second_pieces.cross]
        outer = _next(m, "outer_sum", outer)
        cross = [_next(m, "cross_sum", sum(cross[1:], start=cross[0]))] if cross else []
        shift_offset = _next(m, "sum_shift_offset", shift_offset)

        # total.
        total = Pieces(outer, tuple(cross)).total()
        total = _next(m, "total_product", total, signed(w.product_bits))
        shift_offset = _next(m, "total_shift_offset", shift_offset)

        # shift: by all but one of the places, so that adding 1 rounds half up.
        kept = total >> (w.shift_min - 1)
        kept = _next(m, "kept", kept >> shift_offset, signed(max(12, len(kept))))

        # round; what is far beyond a byte becomes what the zero point cannot bring back.
        low = kept[:11].as_signed()
        result = Signal(signed(11))
        with m.If((kept[10:] == 0) | kept[10:].all()):
            m.d.sync += result.eq((low + 1) >> 1)
        with m.Else():
            m.d.sync += result.eq(Mux(kept[-1], -512, 511))

        # clamp.
        shifted = Signal(signed(12))
        m.d.comb += shifted.eq(result + self.zero_point)
        with m.If(shifted > self.quant_max):
            m.d.sync += self.byte.eq(self.quant_max)
        with m.Elif(shifted < self.quant_min):
            m.d.sync += self.byte.eq(self.quant_min)
        with m.Else():
            m.d.sync += self.byte.eq(shifted)
        return m

    def _align(
        self, m: Module, operand: Value, second: Pieces, negative: Value
    ) -> tuple[Value, Pieces]:
        """The operand four stages later, plus the aligned second one; and the second's product.

        `negative` is the sign of the second operand, which its product has, or is 0 and takes
        either half to 0.
        """
        w = self._widths
        half = Mux(negative, self.align_half_negative, self.align_half)
        total = _next(
            m,
            "second_total",
            second.total() + half,
            signed(OPERAND_BITS + w.multiplier_bits + 1),
        )
        aligned = _next(m, "second_aligned", total >> self.align_shift, signed(w.operand_bits))
        for stage in ("multiplied", "rounded", "shifted"):
            operand = _next(m, f"{stage}_operand", operand)
        # Only the low bits of the operand are there where it is moved up.
        moved = operand[:OPERAND_BITS].as_signed() << self.left_shift
        result = _next(
            m, "aligned_operand", Mux(self.aligned, moved + aligned, operand), operand.shape()
        )
        if w.has_add:
            for stage in ("rounded", "shifted", "aligned", "multiplied"):
                second = Pieces(
                    _next(m, f"{stage}_second_outer", second.outer),
                    tuple(_next(m, f"{stage}_second_cross", piece) for piece in second.cross),
                )
        return result, second

    def _shifts_beyond(self, shift_offset: Value) -> Value:
        """Whether the shift is one that rounds twice."""
        return shift_offset + self._widths.shift_min > FIRST_SHIFT


def _next(m: Module, name: str, value: Value, shape: object = None) -> Signal:
    """A register with the value of the cycle before."""
    register = Signal(value.shape() if shape is None else shape, name=name)
    m.d.sync += register.eq(value)
    return register
