"""The stepper: turns segments into array steps, and holds a tile's last one until it can drain."""

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.job import JobView
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.segment import SEGMENT_TAGS


class Stepper(wiring.Component):
    """Counts taps and bytes of the segment in use.

    A segment of T steps is in use for T cycles, more only where the last step of a tile waits for
    ``can_finish``. A full window is swapped in during the last step of the segment before, or at
    once when none is in use.

    Members
    -------
    window_full, window_tags : In
        The segment that waits in the window.
    can_finish : In(1)
        A tile that ends in this cycle will find its shadow accumulators drained.
    swap, shift : Out(1)
        To the window.
    issue : Out(1)
        A step enters the array in this cycle.
    byte : Out
        The channel to broadcast (dense).
    first, last : Out(1)
        The step starts, ends the sums of a tile.
    job_end : Out(1)
        The last step of the job is issued.
    weight_address : Out
        Of this step's weights.
    weight_overrun : Out(1)
        The step needs a weight beyond the memory.
    start : In(1)
        Resets the weight address to that of the job.
    """

    def __init__(self, parameters: AcceleratorParameters, job: JobView):
        self._parameters, self._job = parameters, job
        p = parameters
        self._tap_bits = max(1, ceil_log2(p.window_columns))
        self._dense = job.dense if p.has("dense") else Const(0)
        super().__init__(
            {
                "start": In(1),
                "window_full": In(1),
                "window_tags": In(SEGMENT_TAGS),
                "can_finish": In(1),
                "swap": Out(1),
                "shift": Out(1),
                "issue": Out(1),
                "byte": Out(max(1, ceil_log2(p.channel_lanes))),
                "first": Out(1),
                "last": Out(1),
                "job_end": Out(1),
                "weight_address": Out(p.weight_address_bits),
                "weight_overrun": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        p, job = self._parameters, self._job
        active = Signal()
        tags = Signal(SEGMENT_TAGS)
        tap = Signal(self._tap_bits)
        first_step = Signal()
        # Whether the step is the last of its byte and tap loops is known in registers, since all
        # that loads the window waits for it: compared when the step before was issued.
        byte_end = Signal()
        tap_end = Signal()
        segment_end = Signal()
        next_byte = Signal.like(self.byte)
        next_tap = Signal.like(tap)
        m.d.comb += [
            segment_end.eq(byte_end & tap_end),
            self.last.eq(segment_end & tags.last),
            self.first.eq(first_step & tags.first),
            self.issue.eq(active & (~self.last | self.can_finish)),
            self.job_end.eq(self.issue & self.last & tags.job_end),
            self.shift.eq(self.issue & byte_end),
            self.swap.eq(self.window_full & (~active | (self.issue & segment_end))),
            next_byte.eq(Mux(byte_end, self._first_byte(tags), self.byte + 1)),
            next_tap.eq(tap + byte_end),
        ]
        with m.If(self.issue):
            m.d.sync += [
                first_step.eq(0),
                self.byte.eq(next_byte),
                tap.eq(next_tap),
                byte_end.eq(next_byte == self._last_byte(tags)),
                tap_end.eq(next_tap == self._last_tap(tags)),
            ]
            with m.If(segment_end):
                m.d.sync += active.eq(0)
        with m.If(self.swap):
            there = self.window_tags
            m.d.sync += [
                active.eq(1),
                tags.eq(there),
                tap.eq(0),
                first_step.eq(1),
                self.byte.eq(self._first_byte(there)),
                byte_end.eq(self._first_byte(there) == self._last_byte(there)),
                tap_end.eq(self._last_tap(there) == 0),
            ]

        # Weights lie in the order of use; they start again with every pixel tile, or every channel
        # tile.
        restart = self.last & (tags.last_channel_tile | job.weight_restart)
        with m.If(self.start | (self.issue & restart)):
            m.d.sync += self.weight_address.eq(job.weight_base)
        with m.Elif(self.issue):
            m.d.sync += self.weight_address.eq(self.weight_address + 1)
        m.d.comb += self.weight_overrun.eq(self.issue & (self.weight_address >= p.weight_depth))
        return m

    def _first_byte(self, tags: data.View) -> Value:
        """The first byte of each tap of a segment."""
        return Mux(self._dense & tags.first_block, self._job.first_byte, 0)

    def _last_byte(self, tags: data.View) -> Value:
        """The last byte of each tap of a segment."""
        of_block = Mux(tags.last_block, self._job.last_byte, self._parameters.channel_lanes - 1)
        return Mux(self._dense, of_block, 0)

    def _last_tap(self, tags: data.View) -> Value:
        """The last tap of a segment."""
        return Mux(tags.last_column, self._job.taps_last, self._job.taps)
