"""Softmax over the channels of a pixel in integers: sizes of the unit, its arithmetic, its cycles.

The exponential is a table, the division by the sum one reciprocal a pixel and one product a value.
There are two methods. One divides::

    e_i = table[255 + x_i - max(x)]
    S   = sum e_i
    r   = (1 << reciprocal_bits) // S
    y_i = clamp(((e_i * r + (1 << (shift - 1))) >> shift) + zero_point, -128, 127)

The other finds the reciprocal by Newton's iteration, see :mod:`isomac_hw.newton`::

    S   = sum ((e_i + (1 << 11)) >> 12),  L = bits of S
    r   = newton(S << (31 - L))
    y_i = clamp(((e_i * r + (1 << 30) + (1 << (L + 33))) >> (L + 34)) + zero_point, -128, 127)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from isomac_hw import newton

#: How the reciprocal is found.
METHODS = ("division", "newton")


@dataclass(frozen=True, kw_only=True)
class SoftmaxParameters:
    """Sizes of a softmax unit, its arithmetic in software and its number of cycles.

    Parameters
    ----------
    method
        ``"division"`` or ``"newton"``. The latter has but one ``table_bits``, ``reciprocal_bits``,
        ``shift`` and ``table_peak``, which :meth:`newton` fills in.
    channel_lanes
        Bytes in a word of the activation memory (M).
    address_bits
        Width of an address of the activation memory; addresses are modulo its range.
    channels_bits, pixels_bits
        Width of the number of channels, and of pixels, minus one.
    table_bits
        Width of a table entry.
    sum_bits
        Width of the sum of the exponentials; no row may have a sum that does not fit.
    reciprocal_bits, shift
        Binary places of the reciprocal, and how many of them the rounding removes from the product.
        With Newton's iteration, the latter counts for the smallest sum.
    read_latency
        Cycles from an address to its data in the activation memory.
    table_peak
        Promise that ``table[255]`` is at least this, which bounds the reciprocal. With 1 nothing is
        known, and the multiplier is ``table_bits`` x ``reciprocal_bits + 1``; with
        ``1 << (table_bits - 1)`` it is ``table_bits`` x ``reciprocal_bits - table_bits + 2``, and
        the division is shorter by as many cycles.

    Raises
    ------
    ValueError
        If the sizes contradict each other.
    """

    method: str = "division"
    channel_lanes: int
    address_bits: int
    channels_bits: int
    pixels_bits: int
    table_bits: int = 17
    sum_bits: int
    reciprocal_bits: int = 32
    shift: int = 24
    read_latency: int = 2
    table_peak: int = 1

    @classmethod
    def newton(
        cls,
        *,
        channel_lanes: int,
        address_bits: int,
        channels_bits: int,
        pixels_bits: int,
        sum_bits: int,
        read_latency: int = 2,
    ) -> "SoftmaxParameters":
        """A unit with Newton's iteration."""
        return cls(
            method="newton",
            channel_lanes=channel_lanes,
            address_bits=address_bits,
            channels_bits=channels_bits,
            pixels_bits=pixels_bits,
            sum_bits=sum_bits,
            read_latency=read_latency,
            **_NEWTON,
        )

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(
                f"Softmax method must be one of {', '.join(METHODS)}, not {self.method!r}"
            )
        for name in (
            "channel_lanes",
            "address_bits",
            "channels_bits",
            "pixels_bits",
            "table_bits",
            "read_latency",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"Softmax {name} must be at least 1, not {getattr(self, name)!r}")
        if self.is_newton:
            self._check_newton()
        else:
            self._check_division()

    def _check_division(self) -> None:
        for name in ("sum_bits", "reciprocal_bits"):
            if getattr(self, name) < self.table_bits:
                raise ValueError(
                    f"Softmax {name} must be at least table_bits ({self.table_bits}), "
                    f"not {getattr(self, name)!r}"
                )
        if not 1 <= self.shift <= self.reciprocal_bits:
            raise ValueError(
                f"Softmax shift must be in 1..reciprocal_bits ({self.reciprocal_bits}), "
                f"not {self.shift!r}"
            )
        if not 1 <= self.table_peak < 1 << self.table_bits:
            raise ValueError(
                f"Softmax table_peak must be in 1..{(1 << self.table_bits) - 1}, "
                f"not {self.table_peak!r}"
            )

    def _check_newton(self) -> None:
        for name, only in _NEWTON.items():
            if getattr(self, name) != only:
                raise ValueError(
                    f"Softmax {name} must be {only} with Newton's iteration, "
                    f"not {getattr(self, name)!r}"
                )
        if not newton.SUM_BITS_MIN <= self.sum_bits <= newton.SUM_BITS_MAX:
            raise ValueError(
                f"Softmax sum_bits must be in {newton.SUM_BITS_MIN}..{newton.SUM_BITS_MAX} with "
                f"Newton's iteration, not {self.sum_bits!r}"
            )

    @property
    def is_newton(self) -> bool:
        """Whether the reciprocal is found by Newton's iteration."""
        return self.method == "newton"

    @property
    def quotient_bits(self) -> int:
        """Width of the largest reciprocal; also the number of cycles of a division."""
        if self.is_newton:
            return self.reciprocal_bits
        return ((1 << self.reciprocal_bits) // self.table_peak).bit_length()

    @property
    def share_bits(self) -> int:
        """No share of the sum is more than ``1 << share_bits`` before the zero point is added."""
        return newton.SHARE_BITS if self.is_newton else self.reciprocal_bits - self.shift

    @property
    def reciprocal_cycles(self) -> int:
        """Cycles of a pixel between the passes for the sum and for the output.

        With Newton's iteration two to normalize the sum and four for each product.
        """
        return 2 + 4 * (1 + 2 * newton.STEPS) if self.is_newton else self.quotient_bits

    @property
    def exponent_latency(self) -> int:
        """Cycles from the address of a value to its exponential at the multiplier."""
        return self.read_latency + 4

    @property
    def share_latency(self) -> int:
        """Cycles from an exponential to its share of the sum, which is not yet rounded."""
        return 5 if self.is_newton else 1

    @property
    def write_latency(self) -> int:
        """Cycles from the address of the last value of a word to the write of its result."""
        return self.exponent_latency + self.share_latency + 2

    def cycles(self, channels: int, pixels: int) -> int:
        """Number of cycles in which ``busy`` is high for a map of this size."""
        return pixels * (3 * channels + self.reciprocal_cycles) + self.write_latency + 1

    def compute(self, row: Sequence[int], table: Sequence[int], zero_point: int) -> list[int]:
        """Softmax of the channels of one pixel, bit by bit what the gateware writes.

        Raises
        ------
        ValueError
            If an argument is outside of what these parameters provide for.
        """
        self._check_arguments(row, table, zero_point)
        maximum = max(row)
        exponents = [table[255 + value - maximum] for value in row]
        total = newton.rounded_sum(exponents) if self.is_newton else sum(exponents)
        if total >= 1 << self.sum_bits:
            raise ValueError(
                f"Softmax sum must fit in sum_bits ({self.sum_bits}), {total} does not"
            )
        if self.is_newton:
            shares = newton.shares(exponents)
        else:
            reciprocal = (1 << self.reciprocal_bits) // total
            half = 1 << (self.shift - 1)
            shares = [(exponent * reciprocal + half) >> self.shift for exponent in exponents]
        # No share is negative, so nothing is below the zero point: the clamp has one side.
        return [min(share + zero_point, 127) for share in shares]

    def _check_arguments(self, row: Sequence[int], table: Sequence[int], zero_point: int) -> None:
        if not 1 <= len(row) <= 1 << self.channels_bits:
            raise ValueError(
                f"Softmax row must have 1 to {1 << self.channels_bits} channels, not {len(row)}"
            )
        for value in (*row, zero_point):
            if not -128 <= value <= 127:
                raise ValueError(f"Softmax value and zero point must be int8, not {value!r}")
        if len(table) != 256:
            raise ValueError(f"Softmax table must have 256 entries, not {len(table)}")
        for entry in table:
            if not 0 <= entry < 1 << self.table_bits:
                raise ValueError(
                    f"Softmax table entry must be in 0..{(1 << self.table_bits) - 1}, not {entry!r}"
                )
        if table[255] < self.table_peak:
            raise ValueError(
                f"Softmax table[255] must be at least table_peak ({self.table_peak}), "
                f"not {table[255]!r}"
            )


#: What every unit with Newton's iteration has.
_NEWTON = {
    "table_bits": newton.EXPONENTIAL_BITS,
    "reciprocal_bits": newton.RECIPROCAL_BITS,
    "shift": newton.SHARE_SHIFT,
    "table_peak": newton.EXPONENTIAL_ONE,
}
