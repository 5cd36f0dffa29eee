"""The walker: addresses and map coordinates of every word that an array job reads, in order."""

from collections.abc import Callable, Sequence

from amaranth.hdl import Cat, Const, Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.job import JobView, bits_for
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.segment import SEGMENT_TAGS

#: The loader nest, innermost first. ``chunk`` steps through a window row, ``row`` through the rows
#: of the tile.
LOOPS = (
    "chunk",
    "row",
    "block",
    "column",
    "kernel_row",
    "channel_tile",
    "tile_column",
    "tile_row",
)

#: The step of each tracker when a loop advances; loops that need the same step share a field.
Y_STEP = {
    "row": "y_row",
    "block": "y_block",
    "column": "y_block",
    "kernel_row": "y_kernel_row",
    "channel_tile": "y_channel_tile",
    "tile_column": "y_channel_tile",
    "tile_row": "y_tile_row",
}
X_STEP = {
    "row": "x_row",
    "block": "x_block",
    "column": "x_column",
    "kernel_row": "x_kernel_row",
    "channel_tile": "x_channel_tile",
    "tile_column": "x_tile_column",
    "tile_row": "x_tile_row",
}


class Walker(wiring.Component):
    """Steps through the loader nest of an array job, one chunk of B words a cycle.

    ``start`` in cycle t makes the first chunk ``valid`` in cycle t + 1. A valid chunk is used up in
    a cycle with ``advance``; the next one follows without a gap, until the nest is done.

    Parameters
    ----------
    parameters
        Of the accelerator.
    job
        The fields of the running job, stable from ``start`` to the last chunk.

    Members
    -------
    start, advance : In(1)
    valid : Out(1)
    address : Out(address_bits)
        Of the first word of the chunk; counts modulo its range while outside the map.
    y, x : Out(signed)
        Map coordinates of the first word.
    chunk, row : Out
        Where in the window the words go.
    segment_end : Out(1)
        The last chunk of a segment; ``tags`` describe it.
    tags : Out(SEGMENT_TAGS)
    """

    def __init__(self, parameters: AcceleratorParameters, job: JobView):
        self._parameters, self._job = parameters, job
        p = parameters
        self.max_chunks = -(-p.window_columns // p.banks)
        # Every tile begins before the end of the map. The steps back over all inner loops tell how
        # far it reaches from there; padding on one side alone makes that more than the map.
        farthest_y = (1 << len(job.input_height)) + (1 << len(job.y_channel_tile))
        farthest_x = (1 << len(job.input_width)) + (1 << len(job.x_channel_tile)) + p.banks
        lowest = 1 << max(len(job.start_y), len(job.start_x))
        self.coordinate_bits = bits_for(max(farthest_y, farthest_x, lowest), signed=True)
        super().__init__(
            {
                "start": In(1),
                "advance": In(1),
                "valid": Out(1),
                "address": Out(p.address_bits),
                "y": Out(signed(self.coordinate_bits)),
                "x": Out(signed(self.coordinate_bits)),
                "chunk": Out(max(1, ceil_log2(self.max_chunks))),
                "row": Out(max(1, ceil_log2(p.tile_rows))),
                "segment_end": Out(1),
                "tags": Out(SEGMENT_TAGS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        p, job = self._parameters, self._job
        count = {
            "chunk": job.chunks,
            "row": Value.cast(p.tile_rows - 1),
            "block": job.blocks,
            "column": job.columns,
            "kernel_row": job.kernel_rows,
            "channel_tile": job.channel_tiles,
            "tile_column": job.tile_columns,
            "tile_row": job.tile_rows,
        }
        # Of each loop: how many turns are still to come, and whether this one is the first, the
        # last. The latter are registers, since all trackers wait for them.
        left = {name: Signal(max(1, len(count[name])), name=f"{name}_left") for name in LOOPS}
        at_first = {name: Signal(name=f"first_{name}") for name in LOOPS}
        at_last = {name: Signal(name=f"last_{name}") for name in LOOPS}

        def begin(names: Sequence[str]) -> None:
            for name in names:
                m.d.sync += [
                    left[name].eq(count[name]),
                    at_first[name].eq(1),
                    at_last[name].eq(count[name] == 0),
                ]

        def advance(name: str) -> None:
            m.d.sync += [
                left[name].eq(left[name] - 1),
                at_first[name].eq(0),
                at_last[name].eq(left[name] == 1),
            ]

        with m.If(self.start):
            m.d.sync += [
                self.valid.eq(1),
                self.address.eq(job.input_base),
                self.y.eq(job.start_y),
                self.x.eq(job.start_x),
            ]
            m.d.sync += [self.chunk.eq(0), self.row.eq(0)]
            begin(LOOPS)
        with m.Elif(self.valid & self.advance):
            self._step(m, at_last, begin, advance)

        row_end = at_last["chunk"] & at_last["row"]
        m.d.comb += [
            self.segment_end.eq(row_end),
            self.tags.last_column.eq(at_last["column"]),
            self.tags.first_block.eq(at_first["block"]),
            self.tags.last_block.eq(at_last["block"]),
            self.tags.first.eq(at_first["block"] & at_first["column"] & at_first["kernel_row"]),
            self.tags.last.eq(at_last["block"] & at_last["column"] & at_last["kernel_row"]),
            self.tags.last_channel_tile.eq(at_last["channel_tile"]),
            self.tags.job_end.eq(Cat(at_last.values()).all()),
        ]
        return m

    def _step(
        self,
        m: Module,
        at_last: dict[str, Signal],
        begin: Callable[[Sequence[str]], None],
        advance: Callable[[str], None],
    ) -> None:
        """The innermost loop that is not at its end advances, all inside it begin again."""
        job, banks = self._job, self._parameters.banks
        inner_done: Value = Const(1)
        for index, name in enumerate(LOOPS):
            with m.If(inner_done & ~at_last[name]):
                advance(name)
                begin(LOOPS[:index])
                if name == "chunk":
                    m.d.sync += [
                        self.chunk.eq(self.chunk + 1),
                        self.address.eq(self.address + banks),
                        self.x.eq(self.x + banks),
                    ]
                else:
                    m.d.sync += [
                        self.chunk.eq(0),
                        self.row.eq(self.row + 1 if name == "row" else 0),
                        self.address.eq(self.address + getattr(job, f"address_{name}")),
                        self.y.eq(self.y + getattr(job, Y_STEP[name])),
                        self.x.eq(self.x + getattr(job, X_STEP[name])),
                    ]
            inner_done = inner_done & at_last[name]
        with m.If(inner_done):
            m.d.sync += self.valid.eq(0)
