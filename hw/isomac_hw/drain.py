"""The drain: walks a finished tile, R channels a cycle, and says what goes where."""

from amaranth.hdl import Const, Module, Mux, Signal, Value, ValueLike
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

#: The loops over tiles, innermost first; a job says how many there are of each, less one.
TILE_LOOPS = ("channel_tile", "tile_column", "tile_row")


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
        counts = {name: getattr(job, f"{name}s") for name in TILE_LOOPS}
        # Of each loop over tiles: how many are still to come, and whether this is the last.
        left = {name: Signal(len(counts[name]), name=f"{name}s_left") for name in TILE_LOOPS}
        at_last = {name: Signal(name=f"last_{name}") for name in TILE_LOOPS}
        last_channel_tile, last_tile_column, last_tile_row = at_last.values()
        # Addresses of the current row of tiles, tile, plane of the tile, and row in it.
        at_tile_row, at_tile, at_plane, at_row = (
            Signal(p.address_bits, name=f"at_{name}")
            for name in ("tile_row", "tile", "plane", "row")
        )
        requant_tile = Signal(p.requant_address_bits)

        lane_sum = job.lane_sum if p.has("lane_sum") else Value.cast(0)
        # Whether a position is the last of its loop is known in registers, compared when the
        # position was taken up: the window, and all that loads it, waits for `can_finish`.
        step_end, column_end, last_row = (
            Signal(name=name) for name in ("step_end", "column_end", "last_row")
        )
        row_end = Signal()
        tile_end = Signal()
        m.d.comb += [
            row_end.eq(step_end & column_end),
            tile_end.eq(row_end & last_row),
            self.word_end.eq(step_end & (tile_end | ~lane_sum)),
            self.can_finish.eq(~self.valid | tile_end),
            self.requant_row.eq(requant_tile + self.step),
            self.job_end.eq(
                self.valid & tile_end & last_channel_tile & last_tile_column & last_tile_row
            ),
        ]

        def compare(
            step: ValueLike, column: ValueLike, row: ValueLike, tile: dict[str, Value]
        ) -> None:
            """Say of the position to come, in a tile that is last or not, what ends with it."""
            of_last_rows = tile["tile_row"] & (tile["tile_column"] | ~job.linear)
            is_last_row = row == Mux(of_last_rows, job.rows_last, p.tile_rows - 1)
            # In a linear job the only partial tile is the last one, and of its rows only the last.
            of_last_columns = tile["tile_column"] & (is_last_row | ~job.linear)
            columns = Mux(of_last_columns, job.columns_last, p.tile_columns - 1)
            steps = Mux(tile["channel_tile"], job.steps_last, p.drain_steps - 1)
            m.d.sync += [
                last_row.eq(is_last_row),
                column_end.eq(column == columns),
                step_end.eq(step == steps),
            ]

        def begin_plane(address: ValueLike) -> None:
            m.d.sync += [at_plane.eq(address), at_row.eq(address), self.address.eq(address)]

        with m.If(self.finish):
            m.d.sync += self.valid.eq(1)
        with m.Elif(tile_end):
            m.d.sync += self.valid.eq(0)

        with m.If(self.start):
            m.d.sync += [s.eq(0) for s in (self.step, column, row, self.pixel, row_pixel)]
            m.d.sync += [left[name].eq(getattr(shown, f"{name}s")) for name in TILE_LOOPS]
            m.d.sync += [at_tile_row.eq(shown.output_base), at_tile.eq(shown.output_base)]
            begin_plane(shown.output_base)
            m.d.sync += requant_tile.eq(shown.requant_base)
        with m.Elif(~self.valid):
            # The position may be that of a job that has just started.
            here: dict[str, Value] = {name: left[name] == 0 for name in TILE_LOOPS}
            m.d.sync += [at_last[name].eq(here[name]) for name in TILE_LOOPS]
            compare(0, 0, 0, here)
        with m.Elif(tile_end):
            m.d.sync += [s.eq(0) for s in (self.step, column, row, self.pixel, row_pixel)]
            m.d.sync += requant_tile.eq(requant_tile + p.drain_steps)
            begin_plane(at_plane + job.output_plane)
            with m.If(last_channel_tile):
                next_tile = at_tile + job.output_tile_column
                m.d.sync += [requant_tile.eq(job.requant_base), at_tile.eq(next_tile)]
                begin_plane(next_tile)
                with m.If(last_tile_column):
                    next_tile_row = at_tile_row + job.output_tile_row
                    m.d.sync += [at_tile_row.eq(next_tile_row), at_tile.eq(next_tile_row)]
                    begin_plane(next_tile_row)
            compare(0, 0, 0, self._next_tile(m, counts, left, at_last))
        with m.Elif(row_end):
            next_row = at_row + job.output_row
            next_pixel = row_pixel + p.tile_columns
            m.d.sync += [self.step.eq(0), column.eq(0), row.eq(row + 1)]
            m.d.sync += [row_pixel.eq(next_pixel), self.pixel.eq(next_pixel)]
            m.d.sync += at_row.eq(next_row)
            with m.If(~lane_sum):
                m.d.sync += self.address.eq(next_row)
            compare(0, 0, row + 1, dict(at_last))
        with m.Elif(step_end):
            m.d.sync += [self.step.eq(0), column.eq(column + 1), self.pixel.eq(self.pixel + 1)]
            with m.If(~lane_sum):
                m.d.sync += self.address.eq(self.address + 1)
            compare(0, column + 1, row, dict(at_last))
        with m.Else():
            m.d.sync += self.step.eq(self.step + 1)
            compare(self.step + 1, column, row, dict(at_last))
        return m

    def _next_tile(
        self,
        m: Module,
        counts: dict[str, Value],
        left: dict[str, Signal],
        at_last: dict[str, Signal],
    ) -> dict[str, Value]:
        """Count a tile; returns of each loop whether the tile to come is the last."""
        is_last: dict[str, Value] = {}
        moves: Value = Const(1)
        for name in TILE_LOOPS:
            wraps = at_last[name]
            stays_last = Mux(wraps, counts[name] == 0, left[name] == 1)
            is_last[name] = Mux(moves, stays_last, wraps)
            with m.If(moves):
                m.d.sync += [
                    left[name].eq(Mux(wraps, counts[name], left[name] - 1)),
                    at_last[name].eq(stays_last),
                ]
            moves = moves & wraps
        return is_last
