"""The window: collects a segment while the one before is used, a word for each pixel lane."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.segment import SEGMENT_TAGS


class Window(wiring.Component):
    """Two halves of ``tile_rows`` x ``window_columns`` words: one is loaded, one is used.

    The load half takes one chunk of B words a cycle while there is room. When its segment is
    complete it is ``full``; ``swap`` moves it to the use half, and the next segment's first chunk
    may arrive in that same cycle. ``shift`` moves the use half on by one word, the next kernel
    column.

    Control decides in one cycle, data follows in the next: a chunk, ``swap`` and ``shift`` wait in
    registers, so that thousands of words' registers hang on those and not on a decision. ``lanes``
    in cycle t + 1 show what the swaps and shifts before cycle t have left, with the stride of t.

    Members
    -------
    valid, words, chunk, row, segment_end, tags : In
        A chunk from the loader.
    advance : Out(1)
        The loader moves: its chunk is taken, or waits here.
    full : Out(1)
        The load half holds a complete segment with ``full_tags``.
    swap, shift : In(1)
    stride : In
        Index into ``parameters.strides``.
    lanes : Out(P words)
        Lane (r, p) sees word ``p * stride`` of window row r, a cycle later.
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
        # Words are data, which no reset needs to clear: a valid bit says when they count.
        load, use = (
            [
                [
                    Signal(word_bits, name=f"{half}_{r}_{i}", reset_less=True)
                    for i in range(p.window_columns)
                ]
                for r in range(p.tile_rows)
            ]
            for half in ("load", "use")
        )
        words = Signal(self.words.shape(), reset_less=True)
        swaps = Signal()
        shifts = Signal()
        stride = Signal.like(self.stride)
        chunk = self._skid(m)
        m.d.sync += [
            words.eq(chunk.words),
            swaps.eq(self.swap),
            shifts.eq(self.shift),
            stride.eq(self.stride),
        ]
        for r in range(p.tile_rows):
            takes = Signal(self._chunks, name=f"takes_{r}")
            for place in range(self._chunks):
                here = (chunk.row == r) & (chunk.chunk == place)
                m.d.sync += takes[place].eq(chunk.valid & here)
            for i in range(p.window_columns):
                with m.If(takes[i // p.banks]):
                    m.d.sync += load[r][i].eq(words[i % p.banks])
                with m.If(swaps):
                    m.d.sync += use[r][i].eq(load[r][i])
                if i + 1 < p.window_columns:
                    with m.Elif(shifts):
                        m.d.sync += use[r][i].eq(use[r][i + 1])

        with m.If(chunk.valid & chunk.segment_end):
            m.d.sync += [self.full.eq(1), self.full_tags.eq(chunk.tags)]
        with m.Elif(self.swap):
            m.d.sync += self.full.eq(0)

        for r in range(p.tile_rows):
            for column in range(p.tile_columns):
                lane = self.lanes[r * p.tile_columns + column]
                with m.Switch(stride):
                    for index, step in enumerate(p.strides):
                        with m.Case(index):
                            m.d.comb += lane.eq(use[r][column * step])
        return m

    def _skid(self, m: Module) -> data.View:
        """The chunk that the load half takes in this cycle, if it is ``valid``.

        One that comes where there is no room waits in a register. So the loader, and the memory
        behind it, may go on or not by a register and never wait for the array's decision, which is
        known late in the cycle.
        """
        offered = data.StructLayout(
            {
                "valid": 1,
                "segment_end": 1,
                "chunk": self.chunk.shape(),
                "row": self.row.shape(),
                "tags": SEGMENT_TAGS,
                "words": self.words.shape(),
            }
        )
        here = Signal(offered)
        waits = Signal()
        waiting = Signal(offered, reset_less=True)
        taken = Signal(offered)
        room = ~self.full | self.swap
        m.d.comb += [getattr(here, name).eq(getattr(self, name)) for name, _ in offered]
        m.d.comb += [
            self.advance.eq(~waits),
            taken.eq(Mux(waits, waiting, here)),
            taken.valid.eq((waits | self.valid) & room),
        ]
        m.d.sync += waits.eq((waits | self.valid) & ~room)
        with m.If(~waits):
            m.d.sync += waiting.eq(here)
        return taken
