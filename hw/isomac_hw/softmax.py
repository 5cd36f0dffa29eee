"""Softmax over the channels of each pixel of a map in the activation memory, in integers.

:mod:`isomac_hw.softmax_parameters` has the formulas. This is the gateware around the part that
turns exponentials into shares of their sum, of which there is one for each method.
"""

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from isomac_hw import newton
from isomac_hw.softmax_division import DivisionShares
from isomac_hw.softmax_newton import NewtonShares
from isomac_hw.softmax_parameters import SoftmaxParameters


class Softmax(wiring.Component):
    """Softmax over the channels of each pixel of a map in the activation memory.

    Channel c of a pixel is byte ``c % M`` of the word at ``base + c // M * plane_stride + pixel``.
    The output has the layout of the input and may replace it: a word is written after its last
    read. Bytes of the last plane that belong to no channel are written as 0.

    A pixel is three passes over its channels, one channel a cycle: maximum; exponentials and their
    sum; multiplication by the reciprocal. Passes and pixels follow each other without a gap except
    for the reciprocal, which takes ``reciprocal_cycles`` before the third pass: it reaches the
    multiplier just when the first exponential of that pass does. ``busy`` is high for exactly
    ``parameters.cycles(channels, pixels)`` cycles, whatever the data.

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
        reciprocal = p.reciprocal_cycles - 1
        # One counter serves all states: each is left when it has come down to zero.
        remaining = Signal(max(p.channels_bits, bits_for(reciprocal), bits_for(p.write_latency)))
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
                    m.d.sync += remaining.eq(reciprocal)
                    m.next = "RECIPROCAL"
            with m.State("RECIPROCAL"):
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

        # arrival + 3: the table answers. exponent_stage: sum of the row, or a share of it.
        exponent = Signal(p.table_bits)
        total = Signal(p.sum_bits)
        m.submodules.shares = shares = NewtonShares(p) if p.is_newton else DivisionShares(p)
        m.d.sync += exponent.eq(self.table_data)
        summand: Value = exponent
        if p.is_newton:
            # Rounding half up adds the highest of the bits that are shifted out.
            summand = exponent[newton.SUM_SHIFT :] + exponent[newton.SUM_SHIFT - 1]
        with m.If(is_sum[exponent_stage]):
            m.d.sync += total.eq(Mux(is_sum[exponent_stage + 1], total, 0) + summand)
        m.d.comb += [
            shares.total.eq(total),
            shares.start.eq(is_sum[exponent_stage] & ~is_sum[exponent_stage - 1]),
            shares.exponent.eq(exponent),
        ]

        # share_latency later: rounding half up adds the lower bit of the share in halves.
        halves = shares.halves
        scaled = Signal(range(-128, (1 << p.share_bits) + 128))
        m.d.sync += scaled.eq(halves[1:] + halves[0] + self.zero_point)

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
