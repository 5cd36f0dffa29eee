"""The input unit: the input job, and the arrival of the next input behind the work on this one."""

from collections.abc import Sequence

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.input_store import InputStore, Packing
from isomac_hw.job import JobView

#: The job fields that say how an input arrives.
FIELDS = ("output_base", "words", "stream_words", "packing")


class InputUnit(wiring.Component):
    """An :class:`InputStore` that runs input jobs, and ahead of them.

    ``launch`` starts the job whose fields are shown. With ``overlap``, ``prefetch`` starts the same
    job again for the next inference, while others run; its next ``launch`` then only waits for the
    end. That takes a program with one input job.

    Parameters
    ----------
    packings, address_bits, job
        See :class:`InputStore`; ``job`` shows the job to launch.
    overlap
        Whether ``prefetch`` does anything.

    Members
    -------
    launch, prefetch : In(1)
    i : In(stream)
    grant : In(1)
    write_mask, write_address, write_data : Out
        To the activation memory.
    accepted : Out(1)
        A launched job takes a word, or ends.
    done : Out(1)
        A launched job ends in this cycle.
    """

    def __init__(
        self, *, packings: Sequence[Packing], address_bits: int, job: JobView, overlap: bool
    ):
        self._job, self._overlap = job, overlap
        self._store = InputStore(
            packings=packings,
            address_bits=address_bits,
            count_bits=max(len(job.words), len(job.stream_words)),
        )
        lanes, banks = packings[0].channel_lanes, packings[0].banks
        super().__init__(
            {
                "launch": In(1),
                "prefetch": In(1),
                "i": In(stream.Signature(8 * lanes)),
                "grant": In(1),
                "write_mask": Out(banks),
                "write_address": Out(address_bits),
                "write_data": Out(data.ArrayLayout(8 * lanes, banks)),
                "accepted": Out(1),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.store = store = self._store
        wiring.connect(m, wiring.flipped(self.i), store.i)
        job = self._job
        launched = Signal()
        ahead = Signal()
        arrived = Signal()
        start = Signal()
        fields = {name: getattr(job, name) for name in FIELDS}
        m.d.comb += start.eq(self.launch)
        if self._overlap:
            # The fields of the job are not shown when it is started ahead.
            held = job.hold(m, self.launch, FIELDS)
            fields = {
                name: Mux(self.launch, getattr(job, name), getattr(held, name)) for name in FIELDS
            }
            # The one that is used beyond the start.
            fields["packing"] = held.packing
            m.d.comb += start.eq(Mux(self.launch, ~ahead, self.prefetch & ~ahead))
            with m.If(self.prefetch):
                m.d.sync += ahead.eq(1)
            with m.If(self.done):
                m.d.sync += [ahead.eq(0), arrived.eq(0)]
            with m.Elif(store.done):
                m.d.sync += arrived.eq(1)
        m.d.comb += [
            store.start.eq(start),
            store.base.eq(fields["output_base"]),
            store.words.eq(fields["words"]),
            store.stream_words.eq(fields["stream_words"]),
            store.packing.eq(fields["packing"]),
            store.grant.eq(self.grant),
            self.write_mask.eq(store.write_mask),
            self.write_address.eq(store.write_address),
            self.write_data.eq(store.write_data),
            self.done.eq(launched & (store.done | arrived)),
            self.accepted.eq(launched & ((store.i.valid & store.i.ready) | self.done)),
        ]
        with m.If(self.launch):
            m.d.sync += launched.eq(1)
        with m.Elif(self.done):
            m.d.sync += launched.eq(0)
        return m
