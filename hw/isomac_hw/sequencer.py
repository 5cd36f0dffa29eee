"""The sequencer: runs the jobs of the program one after the other, and counts."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.errors import ErrorCode
from isomac_hw.job import JobView, Kind

#: Width of the cycle counters.
COUNTER_BITS = 32


class Sequencer(wiring.Component):
    """Fetches jobs, starts the unit that each is for, and waits until it is done.

    The program memory reads ``program_address`` every cycle; in the cycle of ``done`` it is already
    the next one, so that a job's ``launch`` comes in the cycle after the end of the job before.

    Parameters
    ----------
    job
        The fields of the row that the program memory shows.
    program_depth
        Rows of the program.
    kinds
        The kinds of job that this hardware has.

    Members
    -------
    start : In(1)
        A rising edge while idle starts the program.
    legal : In(1)
        The job's numbers fit the hardware; looked at in the cycle of the launch.
    unit_done : In(1)
        The running job ends in this cycle.
    fault : In(ErrorCode)
        What a unit found; stops the core.
    input_accepted : In(1)
        An input word is accepted in this cycle.
    launch : Out(1)
        Starts the unit of the job.
    program_address : Out
    busy, done, error, cycles, layer_done, layer_cycles : Out
        See ARCHITECTURE.md, section 2.
    """

    def __init__(self, job: JobView, *, program_depth: int, kinds: frozenset[Kind]):
        self._job, self._depth, self._kinds = job, program_depth, kinds
        super().__init__(
            {
                "start": In(1),
                "legal": In(1),
                "unit_done": In(1),
                "fault": In(4),
                "input_accepted": In(1),
                "program_address": Out(max(1, ceil_log2(program_depth))),
                "launch": Out(1),
                "busy": Out(1),
                "done": Out(1),
                "error": Out(4),
                "cycles": Out(COUNTER_BITS),
                "layer_done": Out(1),
                "layer_cycles": Out(COUNTER_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        job = self._job
        address = Signal.like(self.program_address)
        last_start = Signal()
        counting = Signal()
        layer_end = Signal()
        layer_counter = Signal(COUNTER_BITS)
        m.d.sync += last_start.eq(self.start)
        m.d.comb += self.program_address.eq(address)

        known = Value.cast(0)
        for kind in sorted(self._kinds):
            known = known | (job.kind == kind)

        with m.FSM():
            with m.State("idle"):
                with m.If(self.fault != 0):
                    m.d.sync += self.error.eq(self.fault)
                    m.next = "stopped"
                with m.Elif(self.start & ~last_start):
                    m.d.sync += [address.eq(0), counting.eq(0), self.busy.eq(1)]
                    m.next = "fetch"
            with m.State("fetch"):
                m.next = "launch"
            with m.State("launch"):
                with m.If(known & self.legal):
                    m.d.comb += self.launch.eq(1)
                    m.next = "run"
                with m.Else():
                    m.d.sync += self.error.eq(ErrorCode.ILLEGAL_JOB)
                    m.next = "stopped"
            with m.State("run"):
                with m.If(self.fault != 0):
                    m.d.sync += self.error.eq(self.fault)
                    m.next = "stopped"
                with m.Elif(self.unit_done):
                    m.d.comb += layer_end.eq(job.ends_layer)
                    with m.If(job.ends_program):
                        m.d.sync += self.busy.eq(0)
                        m.next = "idle"
                    with m.Elif(address == self._depth - 1):
                        m.d.sync += self.error.eq(ErrorCode.PROGRAM_END)
                        m.next = "stopped"
                    with m.Else():
                        m.d.comb += self.program_address.eq(address + 1)
                        m.d.sync += address.eq(address + 1)
                        m.next = "launch"
            with m.State("stopped"):
                m.d.sync += self.busy.eq(0)

        finished = self.unit_done & job.ends_program & (self.fault == 0)
        m.d.sync += self.done.eq(self.busy & finished)

        # An inference is counted from the cycle of its first input word on, that cycle included.
        with m.If(self.input_accepted & ~counting):
            m.d.sync += [counting.eq(1), self.cycles.eq(1), layer_counter.eq(1)]
            with m.If(layer_end):
                m.d.sync += layer_counter.eq(0)
        with m.Elif(counting):
            m.d.sync += [self.cycles.eq(self.cycles + 1), layer_counter.eq(layer_counter + 1)]
            with m.If(layer_end):
                m.d.sync += layer_counter.eq(0)
            with m.If(finished | (self.error != 0)):
                m.d.sync += counting.eq(0)
        m.d.sync += self.layer_done.eq(layer_end)
        with m.If(layer_end):
            m.d.sync += self.layer_cycles.eq(Mux(counting, layer_counter + 1, 1))
        return m
