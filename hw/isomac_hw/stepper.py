"""The stepper: turns segments into array steps, and holds a tile's last one until it can drain."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
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
        dense = job.dense if p.has("dense") else 0

        last_tap = Mux(tags.last_column, job.taps_last, job.taps)
        last_byte = Mux(dense, Mux(tags.last_block, job.last_byte, p.channel_lanes - 1), 0)
        byte_end = Signal()
        segment_end = Signal()
        first_byte = Signal.like(self.byte)
        m.d.comb += [
            byte_end.eq(self.byte == last_byte),
            segment_end.eq(byte_end & (tap == last_tap)),
            first_byte.eq(Mux(dense & tags.first_block, job.first_byte, 0)),
            self.last.eq(segment_end & tags.last),
            self.first.eq(first_step & tags.first),
            self.issue.eq(active & (~self.last | self.can_finish)),
            self.job_end.eq(self.issue & self.last & tags.job_end),
            self.shift.eq(self.issue & byte_end),
            self.swap.eq(self.window_full & (~active | (self.issue & segment_end))),
        ]
        with m.If(self.issue):
            m.d.sync += first_step.eq(0)
            with m.If(byte_end):
                m.d.sync += [self.byte.eq(first_byte), tap.eq(tap + 1)]
            with m.Else():
                m.d.sync += self.byte.eq(self.byte + 1)
            with m.If(segment_end):
                m.d.sync += active.eq(0)
        with m.If(self.swap):
            m.d.sync += [
                active.eq(1),
                tags.eq(self.window_tags),
                tap.eq(0),
                first_step.eq(1),
                self.byte.eq(Mux(dense & self.window_tags.first_block, job.first_byte, 0)),
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
