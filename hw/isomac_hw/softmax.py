"""Softmax over the channels of each pixel of a map in the activation memory, in integers.

The exponential is a table, the division by the sum one reciprocal a pixel and one product a value::

    e_i = table[255 + x_i - max(x)]
    S   = sum e_i
    r   = (1 << reciprocal_bits) // S
    y_i = clamp(((e_i * r + (1 << (shift - 1))) >> shift) + zero_point, -128, 127)

:class:`SoftmaxParameters` says how wide everything is, computes the same in plain Python and knows
the number of cycles; :class:`Softmax` is the gateware.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for


@dataclass(frozen=True, kw_only=True)
class SoftmaxParameters:
    """Sizes of a softmax unit, its arithmetic in software and its number of cycles.

    Parameters
    ----------
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

    def __post_init__(self) -> None:
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

    @property
    def quotient_bits(self) -> int:
        """Width of the largest reciprocal, and the number of cycles of a division."""
        return ((1 << self.reciprocal_bits) // self.table_peak).bit_length()

    @property
    def exponent_latency(self) -> int:
        """Cycles from the address of a value to its exponential at the multiplier."""
        return self.read_latency + 4

    @property
    def write_latency(self) -> int:
        """Cycles from the address of the last value of a word to the write of its result."""
        return self.exponent_latency + 3

    def cycles(self, channels: int, pixels: int) -> int:
        """Number of cycles in which ``busy`` is high for a map of this size."""
        return pixels * (3 * channels + self.quotient_bits) + self.write_latency + 1

    def compute(self, row: Sequence[int], table: Sequence[int], zero_point: int) -> list[int]:
        """Softmax of the channels of one pixel, bit by bit what :class:`Softmax` writes.

        Raises
        ------
        ValueError
            If an argument is outside of what these parameters provide for.
        """
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
        maximum = max(row)
        exponents = [table[255 + value - maximum] for value in row]
        total = sum(exponents)
        if total >= 1 << self.sum_bits:
            raise ValueError(
                f"Softmax sum must fit in sum_bits ({self.sum_bits}), {total} does not"
            )
        reciprocal = (1 << self.reciprocal_bits) // total
        half = 1 << (self.shift - 1)
        # No product is negative, so nothing is below the zero point: the clamp has one side.
        return [
            min(((exponent * reciprocal + half) >> self.shift) + zero_point, 127)
            for exponent in exponents
        ]


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


class Softmax(wiring.Component):
    """Softmax over the channels of each pixel of a map in the activation memory.

    Channel c of a pixel is byte ``c % M`` of the word at ``base + c // M * plane_stride + pixel``.
    The output has the layout of the input and may replace it: a word is written after its last
    read. Bytes of the last plane that belong to no channel are written as 0.

    A pixel is three passes over its channels, one channel a cycle: maximum; exponentials and their
    sum; multiplication by the reciprocal. Passes and pixels follow each other without a gap except
    for the division, which takes ``quotient_bits`` cycles before the third pass: the reciprocal
    reaches the multiplier just when the first exponential of that pass does. ``busy`` is high for
    exactly ``parameters.cycles(channels, pixels)`` cycles, whatever the data.

    Parameters
    ----------
    parameters
        Sizes of the unit.

    Members
    -------
    start : In(1)
        Begins a map; ignored while ``busy``.
    busy : Out(1)
        From the cycle after ``start`` to the cycle of ``done``.
    done : Out(1)
        High in the last cycle of ``busy``, the cycle after the last write.
    input_base, output_base, plane_stride : In(address_bits)
        Where the map is, where the result goes, words from one plane to the next in both. These and
        the following three must be stable from ``start`` to ``done``.
    channels_minus_1 : In(channels_bits)
    pixels_minus_1 : In(pixels_bits)
    zero_point : In(signed(8))
        Of the output.
    read_enable : Out(1)
    read_address : Out(address_bits)
    read_data : In(8 * channel_lanes)
        The word of the address that came with ``read_enable`` exactly ``read_latency`` cycles
        before; not looked at in other cycles.
    table_address : Out(8)
    table_data : In(table_bits)
        The entry at the address of the cycle before.
    write_enable : Out(1)
        One word is written; there is no back pressure.
    write_address : Out(address_bits)
    write_data : Out(8 * channel_lanes)
    """

    start: Signal
    busy: Signal
    done: Signal
    input_base: Signal
    output_base: Signal
    plane_stride: Signal
    channels_minus_1: Signal
    pixels_minus_1: Signal
    zero_point: Signal
    read_enable: Signal
    read_address: Signal
    read_data: Signal
    table_address: Signal
    table_data: Signal
    write_enable: Signal
    write_address: Signal
    write_data: Signal

    def __init__(self, parameters: SoftmaxParameters) -> None:
        self.parameters = p = parameters
        super().__init__(
            {
                "start": In(1),
                "busy": Out(1),
                "done": Out(1),
                "input_base": In(p.address_bits),
                "output_base": In(p.address_bits),
                "plane_stride": In(p.address_bits),
                "channels_minus_1": In(p.channels_bits),
                "pixels_minus_1": In(p.pixels_bits),
                "zero_point": In(signed(8)),
                "read_enable": Out(1),
                "read_address": Out(p.address_bits),
                "read_data": In(8 * p.channel_lanes),
                "table_address": Out(8),
                "table_data": In(p.table_bits),
                "write_enable": Out(1),
                "write_address": Out(p.address_bits),
                "write_data": Out(8 * p.channel_lanes),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        in_maximum, in_sum, in_output = Signal(), Signal(), Signal()
        self._schedule(m, in_maximum, in_sum, in_output)
        self._datapath(m, in_maximum, in_sum, in_output)
        return m

    def _schedule(self, m: Module, in_maximum: Signal, in_sum: Signal, in_output: Signal) -> None:
        """Count channels, passes and pixels and read words; ``in_<pass>`` marks each channel."""
        p = self.parameters
        division = p.quotient_bits - 1
        # One counter serves all states: each is left when it has come down to zero.
        remaining = Signal(max(p.channels_bits, bits_for(division), bits_for(p.write_latency)))
        pixels_left = Signal(p.pixels_bits)
        pixel_address = Signal(p.address_bits)
        lane = Signal(range(p.channel_lanes))
        in_pass, last = Signal(), Signal()
        m.d.comb += [
            in_pass.eq(in_maximum | in_sum | in_output),
            last.eq(remaining == 0),
            self.read_enable.eq(in_pass & (lane == 0)),
        ]

        with m.If(in_pass):
            with m.If(lane == p.channel_lanes - 1):
                m.d.sync += [
                    lane.eq(0),
                    self.read_address.eq(self.read_address + self.plane_stride),
                ]
            with m.Else():
                m.d.sync += lane.eq(lane + 1)
            with m.If(last):
                m.d.sync += [lane.eq(0), self.read_address.eq(pixel_address)]

        m.d.sync += remaining.eq(remaining - 1)
        with m.FSM() as fsm:
            m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                m.d.sync += [
                    remaining.eq(self.channels_minus_1),
                    pixels_left.eq(self.pixels_minus_1),
                    pixel_address.eq(self.input_base),
                    self.read_address.eq(self.input_base),
                ]
                with m.If(self.start):
                    m.next = "MAXIMUM"
            with m.State("MAXIMUM"):
                m.d.comb += in_maximum.eq(1)
                with m.If(last):
                    m.d.sync += remaining.eq(self.channels_minus_1)
                    m.next = "SUM"
            with m.State("SUM"):
                m.d.comb += in_sum.eq(1)
                with m.If(last):
                    m.d.sync += remaining.eq(division)
                    m.next = "DIVIDE"
            with m.State("DIVIDE"):
                # The reciprocal runs a fixed latency behind this state, like all of the datapath.
                with m.If(last):
                    # The coming pass has its first address already and ends at the next pixel.
                    m.d.sync += [
                        remaining.eq(self.channels_minus_1),
                        pixel_address.eq(pixel_address + 1),
                    ]
                    m.next = "OUTPUT"
            with m.State("OUTPUT"):
                m.d.comb += in_output.eq(1)
                with m.If(last):
                    m.d.sync += [
                        remaining.eq(self.channels_minus_1),
                        pixels_left.eq(pixels_left - 1),
                    ]
                    m.next = "MAXIMUM"
                    with m.If(pixels_left == 0):
                        m.d.sync += remaining.eq(p.write_latency)
                        m.next = "DRAIN"
            with m.State("DRAIN"):
                m.d.comb += self.done.eq(last)
                with m.If(last):
                    m.next = "IDLE"

    def _datapath(self, m: Module, in_maximum: Signal, in_sum: Signal, in_output: Signal) -> None:
        """Work on the channels that the schedule sends, a fixed number of cycles later."""
        p = self.parameters
        arrival = p.read_latency
        exponent_stage = p.exponent_latency
        output_stage = p.write_latency - 1
        # Two passes of one kind never follow each other: the edges of these are those of a row.
        is_word = _history(m, self.read_enable, output_stage, name="is_word")
        is_maximum = _history(m, in_maximum, arrival + 2, name="is_maximum")
        is_sum = _history(m, in_sum, exponent_stage + 1, name="is_sum")
        is_output = _history(m, in_output, output_stage, name="is_output")

        # arrival: a word comes and is shifted out byte by byte, lowest first.
        word = Signal(8 * p.channel_lanes)
        m.d.sync += word.eq(Mux(is_word[arrival], self.read_data, word >> 8))

        # arrival + 1: one value. The sum pass arrives here the cycle after the maximum is complete.
        x = Signal(signed(8))
        maximum = Signal(signed(8))
        m.d.comb += x.eq(word[:8])
        with m.If(is_maximum[arrival + 1] & (~is_maximum[arrival + 2] | (x > maximum))):
            m.d.sync += maximum.eq(x)
        # 255 + x - maximum is in 0..255, and modulo 256 it is x + ~maximum.
        m.d.sync += self.table_address.eq(x + ~maximum)

        # arrival + 3: the table answers. exponent_stage: sum of the row, or the product.
        exponent = Signal(p.table_bits)
        total = Signal(p.sum_bits)
        product = Signal(p.table_bits + p.quotient_bits)
        m.submodules.reciprocal = reciprocal = Reciprocal(p)
        m.d.sync += exponent.eq(self.table_data)
        with m.If(is_sum[exponent_stage]):
            m.d.sync += total.eq(Mux(is_sum[exponent_stage + 1], total, 0) + exponent)
        m.d.comb += [
            reciprocal.divisor.eq(total),
            reciprocal.start.eq(is_sum[exponent_stage] & ~is_sum[exponent_stage - 1]),
            product.eq(exponent * reciprocal.quotient),
        ]

        # No exponential exceeds the sum, so no product exceeds 1 << reciprocal_bits. Rounding half
        # up adds the highest of the bits that are shifted out.
        kept = Signal(p.reciprocal_bits + 2 - p.shift)
        scaled = Signal(range(-128, (1 << (p.reciprocal_bits - p.shift)) + 128))
        m.d.sync += [
            kept.eq(product[p.shift - 1 :]),
            scaled.eq(kept[1:] + kept[0] + self.zero_point),
        ]

        # output_stage: one result; it cannot be below the zero point, so the clamp has one side.
        y = Signal(8)
        position = Signal(p.channel_lanes)
        ends_row, ends_word, row_written = Signal(), Signal(), Signal()
        m.d.comb += [
            y.eq(Mux(scaled > 127, 127, scaled)),
            ends_row.eq(is_output[output_stage] & ~is_output[output_stage - 1]),
            ends_word.eq(ends_row | (is_output[output_stage] & is_word[output_stage - 1])),
        ]
        m.d.sync += [
            position.eq(Mux(is_word[output_stage - 1], 1, position << 1)),
            self.write_enable.eq(ends_word),
            row_written.eq(ends_row),
        ]
        with m.If(is_output[output_stage]):
            with m.If(position[0]):
                m.d.sync += self.write_data.eq(0)
            for index in range(p.channel_lanes):
                with m.If(position[index]):
                    m.d.sync += self.write_data[8 * index : 8 * index + 8].eq(y)

        # The writer has its own addresses, as the reader may be at the next pixel by now.
        pixel_address = Signal(p.address_bits)
        with m.If(~self.busy):
            m.d.sync += [
                pixel_address.eq(self.output_base),
                self.write_address.eq(self.output_base),
            ]
        with m.Elif(row_written):
            m.d.sync += [
                pixel_address.eq(pixel_address + 1),
                self.write_address.eq(pixel_address + 1),
            ]
        with m.Elif(self.write_enable):
            m.d.sync += self.write_address.eq(self.write_address + self.plane_stride)


def _history(m: Module, flag: Value, cycles: int, *, name: str) -> Value:
    """Bit k of the result is ``flag`` k cycles ago, for k up to ``cycles``."""
    past = Signal(cycles, name=name)
    m.d.sync += past.eq(Cat(flag, past))
    return Cat(flag, past)
