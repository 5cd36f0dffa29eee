"""The sequencer: runs the jobs of the program in order, and lets neighbours overlap."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.errors import ErrorCode
from isomac_hw.job import JobView, Kind


class Sequencer(wiring.Component):
    """Fetches jobs and starts the units that each is for.

    The program memory reads ``program_address`` every cycle, the row behind that of the job that
    runs. With ``load`` what it shows becomes the job, whose ``launch`` comes in the cycle after.

    An array job has a front (loader, window, array) and a back (drain and output stage). Its
    front is free when the last step of its last tile is issued, its back when the last word is
    written. A job with ``launch_delay`` d lets the next one launch d cycles after its front is
    done; the compiler sees to it that the next one reads no word before it is written. The back
    takes the next job over when it has finished the one before; until then no tile may finish. With
    ``launch_delay`` 0, and for all other kinds of job, the next one is launched in the cycle after
    the end. Only array jobs overlap: another kind that would be launched while the back still
    writes is illegal, since the memory belongs to the job whose fields are shown.

    Parameters
    ----------
    job
        The fields of the job, registers that ``load`` fills.
    program_depth
        Rows of the program.
    kinds
        The kinds of job that this hardware has.

    Members
    -------
    start : In(1)
        A rising edge starts the program; one that comes while it runs starts it again right after
        its end, once.
    legal : In(1)
        The job's numbers fit the hardware; looked at in the cycle of the launch.
    front_done : In(1)
        The last step of the last tile of the array job is issued in this cycle.
    back_done : In(1)
        The last word of an array job is written in this cycle.
    unit_done : In(1)
        Another kind of job has ended, in the cycle before.
    fault : In(ErrorCode)
        What a unit found in the cycle before; stops the core.
    load : Out(1)
        The row that the program memory shows becomes the job.
    launch : Out(1)
        Starts the unit of the job, of array jobs the front.
    back_start : Out(1)
        The back takes over the job whose fields are shown.
    back_waits : Out(1)
        The array job that runs has no back yet.
    layer_end, finished : Out(1)
        A layer, the program ends in this cycle.
    begin : Out(1)
        The program starts.
    program_address : Out
    busy, done, error : Out
        See ARCHITECTURE.md, section 2.
    """

    def __init__(self, job: JobView, *, program_depth: int, kinds: frozenset[Kind]):
        self._job, self._depth, self._kinds = job, program_depth, kinds
        super().__init__(
            {
                "start": In(1),
                "legal": In(1),
                "front_done": In(1),
                "back_done": In(1),
                "unit_done": In(1),
                "fault": In(4),
                "load": Out(1),
                "launch": Out(1),
                "back_start": Out(1),
                "back_waits": Out(1),
                "layer_end": Out(1),
                "finished": Out(1),
                "begin": Out(1),
                "program_address": Out(max(1, ceil_log2(program_depth))),
                "busy": Out(1),
                "done": Out(1),
                "error": Out(4),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        job = self._job
        # One past the last row shows that the program has no end.
        next_row = Signal(range(self._depth + 1))
        last_start = Signal()
        start_waits = Signal()
        countdown = Signal.like(job.launch_delay)
        is_array = Signal()
        back_busy = Signal()
        # The job whose fields are shown ends, and with it perhaps a layer or the program.
        job_end = Signal()
        m.d.sync += last_start.eq(self.start)
        starts = self.start & ~last_start
        with m.If(starts & self.busy):
            m.d.sync += start_waits.eq(1)
        m.d.comb += [
            self.program_address.eq(next_row),
            is_array.eq(job.kind == Kind.ARRAY),
            job_end.eq(
                self.busy
                & (self.unit_done | (is_array & self.back_done & ~self.back_waits))
                & (self.fault == 0)
            ),
        ]
        known: Value = Value.cast(0)
        for kind in sorted(self._kinds):
            known = known | (job.kind == kind)

        def stop(code: ErrorCode | Signal) -> None:
            m.d.sync += [self.error.eq(code), self.busy.eq(0)]
            m.next = "stopped"

        def move_on() -> None:
            """Load the next job, and launch it in the next cycle."""
            with m.If(next_row == self._depth):
                stop(ErrorCode.PROGRAM_END)
            with m.Else():
                m.d.comb += self.load.eq(1)
                m.d.sync += next_row.eq(next_row + 1)
                m.next = "launch"

        with m.FSM():
            with m.State("idle"):
                with m.If(self.fault != 0):
                    stop(self.fault)
                with m.Elif(starts):
                    m.d.comb += self.begin.eq(1)
                    m.d.sync += [next_row.eq(0), self.busy.eq(1)]
                    m.next = "fetch"
            with m.State("again"):
                m.d.comb += self.begin.eq(1)
                # An edge in this very cycle is one for the inference after this one.
                m.d.sync += start_waits.eq(starts)
                m.next = "first"
            with m.State("fetch"):
                with m.If(self.fault != 0):
                    stop(self.fault)
                with m.Else():
                    m.next = "first"
            with m.State("first"):
                move_on()
            with m.State("launch"):
                with m.If(self.fault != 0):
                    stop(self.fault)
                with m.Elif(known & self.legal & (is_array | ~back_busy)):
                    m.d.comb += self.launch.eq(1)
                    m.next = "run"
                with m.Else():
                    stop(ErrorCode.ILLEGAL_JOB)
            with m.State("run"):
                with m.If(self.fault != 0):
                    stop(self.fault)
                with m.Elif(job_end):
                    with m.If(job.ends_program):
                        m.d.comb += self.finished.eq(1)
                        m.d.sync += next_row.eq(0)
                        with m.If(start_waits | starts):
                            m.next = "again"
                        with m.Else():
                            m.d.sync += self.busy.eq(0)
                            m.next = "idle"
                    with m.Else():
                        move_on()
                with m.Elif(self.front_done & (job.launch_delay == 1)):
                    move_on()
                with m.Elif(self.front_done & (job.launch_delay != 0)):
                    m.d.sync += countdown.eq(job.launch_delay - 2)
                    m.next = "delay"
            with m.State("delay"):
                with m.If(self.fault != 0):
                    stop(self.fault)
                with m.Elif(countdown == 0):
                    move_on()
                with m.Else():
                    m.d.sync += countdown.eq(countdown - 1)
            with m.State("stopped"):
                pass

        self._run_back(m, is_array, job_end, back_busy)
        m.d.sync += self.done.eq(self.finished)
        return m

    def _run_back(self, m: Module, is_array: Signal, job_end: Signal, back_busy: Signal) -> None:
        """Hand array jobs to the back one after the other, and notice where layers end."""
        back_ends_layer = Signal()
        back_free = ~back_busy | self.back_done
        m.d.comb += [
            self.back_start.eq(((self.launch & is_array) | self.back_waits) & back_free),
            # The back ends layers of array jobs, when the shown job may already be the next one.
            self.layer_end.eq(
                (self.fault == 0)
                & self.busy
                & (
                    (self.back_done & back_ends_layer)
                    | (job_end & ~is_array & self._job.ends_layer)
                )
            ),
        ]
        with m.If(self.back_start):
            m.d.sync += [back_busy.eq(1), back_ends_layer.eq(self._job.ends_layer)]
        with m.Elif(self.back_done):
            m.d.sync += back_busy.eq(0)
        with m.If(self.launch & is_array & ~back_free):
            m.d.sync += self.back_waits.eq(1)
        with m.Elif(self.back_start):
            m.d.sync += self.back_waits.eq(0)
