"""The loader: walker, read port and padding in one stallable pipeline that fills the window."""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.job import JobView
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.segment import SEGMENT_TAGS
from isomac_hw.walker import Walker


class Loader(wiring.Component):
    """Reads what the walker asks for and replaces what lies outside the map by the pad value.

    Three stages: the walker's own registers, the bank outputs (``r_``), the rotated words (``w_``).
    All of them move together in a cycle with ``advance`` and hold otherwise; ``advance`` comes from
    the window. The first chunk of a job is ``valid`` three cycles after ``start`` if nothing
    stalls.

    Members
    -------
    start : In(1)
    advance : In(1)
    read_enable, read_address, read_data
        To the activation memory.
    valid, words, chunk, row, segment_end, tags : Out
        The chunk for the window.
    overrun : Out(1)
        A word inside the map lay beyond the memory, in the cycle before.
    """

    def __init__(self, parameters: AcceleratorParameters, job: JobView):
        self._parameters, self._job = parameters, job
        p = parameters
        self._walker = Walker(p, job)
        word = data.ArrayLayout(signed(8), p.channel_lanes)
        super().__init__(
            {
                "start": In(1),
                "advance": In(1),
                "read_enable": Out(1),
                "read_address": Out(p.address_bits),
                "read_data": In(data.ArrayLayout(word, p.banks)),
                "valid": Out(1),
                "words": Out(data.ArrayLayout(word, p.banks)),
                "chunk": Out(max(1, ceil_log2(self._walker.max_chunks))),
                "row": Out(max(1, ceil_log2(p.tile_rows))),
                "segment_end": Out(1),
                "tags": Out(SEGMENT_TAGS),
                "overrun": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        p, job = self._parameters, self._job
        m.submodules.walker = walker = self._walker
        m.d.comb += [
            walker.start.eq(self.start),
            walker.advance.eq(self.advance),
            self.read_enable.eq(self.advance),
            self.read_address.eq(walker.address),
        ]

        r_valid = Signal()
        r_address = Signal(p.address_bits)
        r_y = Signal.like(walker.y)
        r_x = Signal.like(walker.x)
        r_chunk = Signal.like(walker.chunk)
        r_row = Signal.like(walker.row)
        r_segment_end = Signal()
        r_tags = Signal(SEGMENT_TAGS)
        w_inside = Signal(p.banks)
        with m.If(self.advance):
            m.d.sync += [
                r_valid.eq(walker.valid),
                r_address.eq(walker.address),
                r_y.eq(walker.y),
                r_x.eq(walker.x),
                r_chunk.eq(walker.chunk),
                r_row.eq(walker.row),
                r_segment_end.eq(walker.segment_end),
                r_tags.eq(walker.tags),
                self.valid.eq(r_valid),
                self.chunk.eq(r_chunk),
                self.row.eq(r_row),
                self.segment_end.eq(r_segment_end),
                self.tags.eq(r_tags),
            ]

        overruns = Signal(p.banks)
        row_inside = Signal()
        # A negative coordinate is a large unsigned one: one comparison checks both borders.
        m.d.comb += row_inside.eq(r_y.as_unsigned() < job.input_height)
        for j in range(p.banks):
            x = (r_x + j)[: len(r_x)]
            inside = row_inside & (x < job.input_width)
            with m.If(self.advance):
                m.d.sync += w_inside[j].eq(inside)
            # A chunk may begin outside the map at an address below 0, which counts modulo the
            # range.
            address = (r_address + j)[: p.address_bits]
            m.d.comb += overruns[j].eq(inside & (address >= p.activation_depth))
            m.d.comb += self.words[j].eq(self.read_data[j])
            with m.If(~w_inside[j]):
                m.d.comb += [self.words[j][c].eq(job.pad_value) for c in range(p.channel_lanes)]
        m.d.sync += self.overrun.eq(r_valid & self.advance & overruns.any())
        return m
