"""The drain: walks a finished tile, R channels a cycle, and says what goes where."""

from amaranth.hdl import Module, Mux, Signal, Value, ValueLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.job import JobView
from isomac_hw.parameters import AcceleratorParameters

#: The job fields that the nest needs until its end.
FIELDS = (
    "channel_tiles",
    "tile_columns",
    "tile_rows",
    "linear",
    "columns_last",
    "rows_last",
    "steps_last",
    "output_row",
    "output_plane",
    "output_tile_column",
    "output_tile_row",
    "requant_base",
    "lane_sum",
)


class DrainWalker(wiring.Component):
    """The drain nest, innermost first: step, column, row, channel tile, tile column, tile row.

    ``finish`` in cycle t (the last step of a tile is issued) makes the tile's first drain step
    ``valid`` in t + 1; its D steps follow without a gap. The next ``finish`` may come in the cycle
    of the last of them (``can_finish``). Columns and rows beyond the map and steps beyond the
    channels are left out.

    Members
    -------
    start : In(1)
        Resets the nest to the first tile of the job whose fields are shown in this cycle; they are
        kept, and may be those of another job from the next cycle on.
    finish : In(1)
    can_finish : Out(1)
    valid : Out(1)
    pixel, step : Out
        Which sums.
    word_end : Out(1)
        The last step of a word; ``address`` is the word's. With ``lane_sum`` a whole tile makes one
        word, at the address of its first pixel.
    address : Out
    requant_row : Out
        Row of the requantization memory.
    job_end : Out(1)
        The last step of the job.
    """

    def __init__(self, parameters: AcceleratorParameters, job: JobView):
        self._parameters, self._job = parameters, job
        p = parameters
        super().__init__(
            {
                "start": In(1),
                "finish": In(1),
                "can_finish": Out(1),
                "valid": Out(1),
                "pixel": Out(max(1, ceil_log2(p.pixel_lanes))),
                "step": Out(max(1, ceil_log2(p.drain_steps))),
                "word_end": Out(1),
                "address": Out(p.address_bits),
                "requant_row": Out(p.requant_address_bits),
                "job_end": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        p, shown = self._parameters, self._job
        job = shown.hold(m, self.start, FIELDS)
        column = Signal(max(1, ceil_log2(p.tile_columns)))
        row = Signal(max(1, ceil_log2(p.tile_rows)))
        row_pixel = Signal.like(self.pixel)
        channel_tile = Signal(len(job.channel_tiles))
        tile_column = Signal(len(job.tile_columns))
        tile_row = Signal(len(job.tile_rows))
        # Addresses of the current row of tiles, tile, plane of the tile, and row in it.
        at_tile_row, at_tile, at_plane, at_row = (
            Signal(p.address_bits, name=f"at_{name}")
            for name in ("tile_row", "tile", "plane", "row")
        )
        requant_tile = Signal(p.requant_address_bits)

        last_channel_tile = channel_tile == job.channel_tiles
        last_tile_column = tile_column == job.tile_columns
        last_tile_row = tile_row == job.tile_rows
        # In a linear job the only partial tile is the last one, and of its rows only the last.
        rows = Mux(last_tile_row & (last_tile_column | ~job.linear), job.rows_last, p.tile_rows - 1)
        last_row = Signal()
        m.d.comb += last_row.eq(row == rows)
        columns = Mux(
            last_tile_column & (last_row | ~job.linear), job.columns_last, p.tile_columns - 1
        )
        steps = Mux(last_channel_tile, job.steps_last, p.drain_steps - 1)
        lane_sum = job.lane_sum if p.has("lane_sum") else Value.cast(0)
        word_end = Signal()
        row_end = Signal()
        tile_end = Signal()
        m.d.comb += [
            word_end.eq(self.step == steps),
            row_end.eq(word_end & (column == columns)),
            tile_end.eq(row_end & last_row),
            self.word_end.eq(word_end & (tile_end | ~lane_sum)),
            self.can_finish.eq(~self.valid | tile_end),
            self.requant_row.eq(requant_tile + self.step),
            self.job_end.eq(
                self.valid & tile_end & last_channel_tile & last_tile_column & last_tile_row
            ),
        ]

        def begin_plane(address: ValueLike) -> None:
            m.d.sync += [at_plane.eq(address), at_row.eq(address), self.address.eq(address)]

        with m.If(self.finish):
            m.d.sync += self.valid.eq(1)
        with m.Elif(tile_end):
            m.d.sync += self.valid.eq(0)

        with m.If(self.start):
            m.d.sync += [s.eq(0) for s in (self.step, column, row, self.pixel, row_pixel)]
            m.d.sync += [s.eq(0) for s in (channel_tile, tile_column, tile_row)]
            m.d.sync += [at_tile_row.eq(shown.output_base), at_tile.eq(shown.output_base)]
            begin_plane(shown.output_base)
            m.d.sync += requant_tile.eq(shown.requant_base)
        with m.Elif(self.valid):
            m.d.sync += self.step.eq(self.step + 1)
            with m.If(word_end):
                m.d.sync += self.step.eq(0)
                m.d.sync += column.eq(column + 1)
                m.d.sync += self.pixel.eq(self.pixel + 1)
                with m.If(~lane_sum):
                    m.d.sync += self.address.eq(self.address + 1)
            with m.If(row_end):
                next_row = at_row + job.output_row
                next_pixel = row_pixel + p.tile_columns
                m.d.sync += [column.eq(0), row.eq(row + 1)]
                m.d.sync += [row_pixel.eq(next_pixel), self.pixel.eq(next_pixel)]
                m.d.sync += at_row.eq(next_row)
                with m.If(~lane_sum):
                    m.d.sync += self.address.eq(next_row)
            with m.If(tile_end):
                m.d.sync += [row.eq(0), row_pixel.eq(0), self.pixel.eq(0)]
                m.d.sync += channel_tile.eq(channel_tile + 1)
                m.d.sync += requant_tile.eq(requant_tile + p.drain_steps)
                begin_plane(at_plane + job.output_plane)
                with m.If(last_channel_tile):
                    next_tile = at_tile + job.output_tile_column
                    m.d.sync += [channel_tile.eq(0), requant_tile.eq(job.requant_base)]
                    m.d.sync += tile_column.eq(tile_column + 1)
                    m.d.sync += at_tile.eq(next_tile)
                    begin_plane(next_tile)
                    with m.If(last_tile_column):
                        next_tile_row = at_tile_row + job.output_tile_row
                        m.d.sync += [tile_column.eq(0), tile_row.eq(tile_row + 1)]
                        m.d.sync += [at_tile_row.eq(next_tile_row), at_tile.eq(next_tile_row)]
                        begin_plane(next_tile_row)
        return m
