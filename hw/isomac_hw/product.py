"""A wide product in two stages, out of pieces that one hard multiplier of an FPGA does.

Every family has multipliers of 16 bits at least (18 x 18 on ECP5 and Gowin, 16 x 16 on iCE40, 25 x
18 on Xilinx), and none has wider ones without a register between: a product of more bits that is
written as one expression becomes a chain of multipliers and adders in a single cycle.
"""

from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Signal, Value, signed, unsigned

#: Bits of a piece.
PIECE_BITS = 16


@dataclass(frozen=True)
class Pieces:
    """A product as registers whose sum it is.

    Members
    -------
    outer
        The highest and the lowest pieces side by side: they do not overlap.
    cross
        The pieces between, which count ``PIECE_BITS`` places up; empty if there are none.
    """

    outer: Value
    cross: tuple[Value, ...]

    def total(self) -> Value:
        """The product."""
        total = self.outer
        for piece in self.cross:
            total = total + (piece << PIECE_BITS)
        return total


def pieces(m: Module, name: str, signed_factor: Value, unsigned_factor: Value) -> Pieces:
    """The product of two factors of at most 32 bits, a cycle later.

    Parameters
    ----------
    m
        Gets the registers, named ``<name>_<place>``.
    signed_factor, unsigned_factor
        The factors.
    """
    low_a, high_a = _split_signed(signed_factor)
    low_b, high_b = unsigned_factor[:PIECE_BITS], unsigned_factor[PIECE_BITS:]

    def product(place: str, a: Value, b: Value) -> Signal:
        value = a * b
        register = Signal(value.shape(), name=f"{name}_{place}")
        m.d.sync += register.eq(value)
        return register

    lowest = product("low", low_a, low_b)
    if high_a is None:
        cross = (product("high", low_a, high_b),) if len(high_b) else ()
        return Pieces(lowest, cross)
    if not len(high_b):
        return Pieces(lowest, (product("high", high_a, low_b),))
    highest = product("high", high_a, high_b)
    padded = Signal(unsigned(2 * PIECE_BITS), name=f"{name}_padded")
    m.d.comb += padded.eq(lowest)
    outer = Cat(padded, highest).as_signed()
    return Pieces(outer, (product("cross_a", high_a, low_b), product("cross_b", low_a, high_b)))


def _split_signed(value: Value) -> tuple[Value, Value | None]:
    """Low piece, unsigned, and the signed rest; a value that is short enough stays as it is."""
    if len(value) <= PIECE_BITS:
        low = value if value.shape() == signed(len(value)) else value.as_signed()
        return low, None
    return value[:PIECE_BITS], value[PIECE_BITS:].as_signed()
