"""The window: collects a segment while the one before is used, a word for each pixel lane."""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.segment import SEGMENT_TAGS


class Window(wiring.Component):
    """Two halves of ``tile_rows`` x ``window_columns`` words: one is loaded, one is used.

    The load half takes one chunk of B words a cycle while ``advance`` is high. When its segment is
    complete it is ``full``; ``swap`` moves it to the use half at the end of the cycle, and the next
    segment's first chunk may arrive in that same cycle. ``shift`` moves the use half on by one
    word, the next kernel column.

    Members
    -------
    valid, words, chunk, row, segment_end, tags : In
        A chunk from the loader.
    advance : Out(1)
        The loader may move: the chunk is taken, or there is none.
    full : Out(1)
        The load half holds a complete segment with ``full_tags``.
    swap, shift : In(1)
    stride : In
        Index into ``parameters.strides``.
    lanes : Out(P words)
        Lane (r, p) sees word ``p * stride`` of window row r; combinational.
    """

    def __init__(self, parameters: AcceleratorParameters):
        self._parameters = p = parameters
        self._chunks = -(-p.window_columns // p.banks)
        word = data.ArrayLayout(signed(8), p.channel_lanes)
        super().__init__(
            {
                "valid": In(1),
                "words": In(data.ArrayLayout(word, p.banks)),
                "chunk": In(max(1, ceil_log2(self._chunks))),
                "row": In(max(1, ceil_log2(p.tile_rows))),
                "segment_end": In(1),
                "tags": In(SEGMENT_TAGS),
                "advance": Out(1),
                "full": Out(1),
                "full_tags": Out(SEGMENT_TAGS),
                "swap": In(1),
                "shift": In(1),
                "stride": In(max(1, ceil_log2(len(p.strides)))),
                "lanes": Out(data.ArrayLayout(word, p.pixel_lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        p = self._parameters
        word_bits = 8 * p.channel_lanes
        load = [
            [Signal(word_bits, name=f"load_{r}_{i}") for i in range(p.window_columns)]
            for r in range(p.tile_rows)
        ]
        use = [
            [Signal(word_bits, name=f"use_{r}_{i}") for i in range(p.window_columns)]
            for r in range(p.tile_rows)
        ]

        m.d.comb += self.advance.eq(~(self.valid & self.full & ~self.swap))
        taken = self.valid & self.advance
        for r in range(p.tile_rows):
            for i in range(p.window_columns):
                with m.If(taken & (self.row == r) & (self.chunk == i // p.banks)):
                    m.d.sync += load[r][i].eq(self.words[i % p.banks])
                with m.If(self.swap):
                    m.d.sync += use[r][i].eq(load[r][i])
                if i + 1 < p.window_columns:
                    with m.Elif(self.shift):
                        m.d.sync += use[r][i].eq(use[r][i + 1])

        with m.If(taken & self.segment_end):
            m.d.sync += [self.full.eq(1), self.full_tags.eq(self.tags)]
        with m.Elif(self.swap):
            m.d.sync += self.full.eq(0)

        for r in range(p.tile_rows):
            for column in range(p.tile_columns):
                lane = self.lanes[r * p.tile_columns + column]
                with m.Switch(self.stride):
                    for index, stride in enumerate(p.strides):
                        with m.Case(index):
                            m.d.comb += lane.eq(use[r][column * stride])
        return m
