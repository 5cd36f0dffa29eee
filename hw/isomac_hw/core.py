"""The core: memories, the array and what feeds and drains it, streams, softmax, sequencer."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.activation_memory import ActivationMemory
from isomac_hw.core_memories import Images, connect_load, image_memories, memory_targets
from isomac_hw.counters import COUNTER_BITS, Counters
from isomac_hw.errors import ErrorCode
from isomac_hw.image_memory import ImageMemory
from isomac_hw.input_store import Packing
from isomac_hw.input_unit import InputUnit
from isomac_hw.job import JobView, Kind
from isomac_hw.legality import job_is_legal
from isomac_hw.load_port import LOAD_BITS, LoadPort
from isomac_hw.loader import Loader
from isomac_hw.mac_array import MacArray
from isomac_hw.output_fetch import OutputFetch
from isomac_hw.output_stage import OutputStage
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.sequencer import Sequencer
from isomac_hw.softmax import Softmax
from isomac_hw.stepper import Stepper
from isomac_hw.window import Window
from isomac_hw.write_port import WritePort


class Core(wiring.Component):
    """One accelerator core. Ports and their meaning: ARCHITECTURE.md, section 2.

    Parameters
    ----------
    parameters
        What to build.
    images
        Memory contents for simulation in Amaranth.
    """

    def __init__(self, parameters: AcceleratorParameters, images: Images | None = None):
        self._parameters = p = parameters
        self._images = images or Images()
        word_bits = 8 * p.channel_lanes
        members: dict[str, In | Out] = {
            "start": In(1),
            "busy": Out(1),
            "done": Out(1),
            "error": Out(4),
            # The job that runs is one of input, and wants a word now.
            "needs_input": Out(1),
            "i": In(stream.Signature(word_bits)),
            "o": Out(stream.Signature(word_bits)),
            "cycles": Out(COUNTER_BITS),
            "layer_done": Out(1),
            "layer_cycles": Out(COUNTER_BITS),
            "trace_valid": Out(1),
            "trace_address": Out(p.address_bits),
            "trace_data": Out(word_bits),
        }
        if p.mode == "programmable":
            members["load"] = In(stream.Signature(LOAD_BITS))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        p = self._parameters
        word_bits = 8 * p.channel_lanes
        memories = image_memories(m, p, self._images)
        load_job = Signal()
        job = p.job_layout.view(memories["program"].data).hold(m, load_job, prefix="job")

        kinds = {Kind.INPUT, Kind.ARRAY, Kind.OUTPUT} | (
            {Kind.SOFTMAX} if p.softmax is not None else set()
        )
        m.submodules.sequencer = sequencer = Sequencer(
            job, program_depth=p.program_depth, kinds=frozenset(kinds)
        )
        m.submodules.counters = counters = Counters()
        m.submodules.activations = activations = ActivationMemory(
            word_bits=word_bits,
            depth=p.activation_depth,
            banks=p.banks,
            address_bits=p.address_bits,
        )
        m.submodules.input_unit = arrival = InputUnit(
            packings=[Packing(p.channel_lanes, p.banks, channels) for channels in p.input_channels],
            address_bits=p.address_bits,
            job=job,
            overlap=p.overlap_input,
        )
        m.submodules.output_fetch = fetch = OutputFetch(
            word_bits=word_bits,
            address_bits=p.address_bits,
            count_bits=len(job.words),
            depth=p.activation_depth,
        )
        m.submodules.loader = loader = Loader(p, job)
        m.submodules.output_stage = output = OutputStage(p, job, self._images.lookup)
        stepper = self._array(m, job, memories, loader, output)

        is_kind = {kind: Signal(name=f"is_{kind.name.lower()}") for kind in kinds}
        for kind, signal in is_kind.items():
            m.d.comb += signal.eq(job.kind == kind)
        healthy = (sequencer.fault == 0) & (sequencer.error == 0)
        launch = {kind: sequencer.launch & is_kind[kind] for kind in kinds}
        m.d.comb += [
            load_job.eq(sequencer.load),
            memories["program"].address.eq(sequencer.program_address),
            arrival.launch.eq(launch[Kind.INPUT]),
            arrival.prefetch.eq(stepper.job_end & job.frees_input & healthy),
            fetch.start.eq(launch[Kind.OUTPUT]),
            fetch.base.eq(job.input_base),
            fetch.words.eq(job.words),
            fetch.read_data.eq(activations.read_data[0]),
            loader.start.eq(launch[Kind.ARRAY]),
            stepper.start.eq(launch[Kind.ARRAY]),
            output.start.eq(sequencer.back_start),
            loader.read_data.eq(activations.read_data),
        ]
        # A core that has stopped neither takes nor sends a word.
        running = sequencer.error == 0
        m.d.comb += [
            arrival.i.valid.eq(self.i.valid & running),
            arrival.i.payload.eq(self.i.payload),
            self.i.ready.eq(arrival.i.ready & running),
            self.needs_input.eq(self.i.ready & is_kind[Kind.INPUT] & sequencer.busy),
            self.o.valid.eq(fetch.o.valid & running),
            self.o.payload.eq(fetch.o.payload),
            fetch.o.ready.eq(self.o.ready),
        ]

        # One read port and one write port: only the unit of the running job uses them. All but the
        # input store write single words, which go to their place in a row.
        writers: dict[Kind, OutputStage | Softmax] = {Kind.ARRAY: output}
        readers: dict[Kind, OutputFetch | Loader] = {Kind.OUTPUT: fetch, Kind.ARRAY: loader}
        dones = {Kind.INPUT: arrival.done, Kind.OUTPUT: fetch.done}
        softmax_overrun: Value = Value.cast(0)
        if p.softmax is not None:
            softmax = m.submodules.softmax = Softmax(p.softmax)
            self._connect_softmax(
                m, softmax, job, memories["table"], activations, launch[Kind.SOFTMAX]
            )
            writers[Kind.SOFTMAX] = softmax
            dones[Kind.SOFTMAX] = softmax.done
            softmax_overrun = softmax.read_enable & (softmax.read_address >= p.activation_depth)
            with m.If(is_kind[Kind.SOFTMAX]):
                # The unit counts on data a fixed number of cycles after the address.
                m.d.comb += [
                    activations.read_enable.eq(1),
                    activations.read_address.eq(softmax.read_address),
                ]
        for kind, reader in readers.items():
            with m.If(is_kind[kind]):
                m.d.comb += [
                    activations.read_enable.eq(reader.read_enable),
                    activations.read_address.eq(reader.read_address),
                ]
        m.submodules.write_port = port = WritePort(
            word_bits=word_bits,
            banks=p.banks,
            depth=p.activation_depth,
            address_bits=p.address_bits,
        )
        for kind, writer in writers.items():
            with m.If(is_kind[kind]):
                m.d.comb += [
                    port.word_valid.eq(writer.write_enable),
                    port.word_address.eq(writer.write_address),
                    port.word_data.eq(writer.write_data),
                ]
        m.d.comb += [
            port.enable.eq(healthy),
            port.row_mask.eq(arrival.write_mask),
            port.row_address.eq(arrival.write_address),
            port.row_data.eq(arrival.write_data),
            # What arrives ahead of its job waits for the layer that runs.
            arrival.grant.eq(~port.word_valid if p.overlap_input else 1),
            activations.write_mask.eq(port.write_mask),
            activations.write_address.eq(port.write_address),
            activations.write_data.eq(port.write_data),
        ]
        # The end of a job and what goes wrong reach the sequencer a cycle later, behind a register:
        # they come from all ends of the core, and decide about all of it.
        unit_done = Signal()
        m.d.sync += unit_done.eq(0)
        for kind, done in dones.items():
            with m.If(is_kind[kind]):
                m.d.sync += unit_done.eq(done)
        # An array job ends with the write of its last word, which comes behind a register, too.
        back_done = Signal()
        m.d.sync += back_done.eq(output.done)

        faults = [
            (port.overrun, ErrorCode.ACTIVATION_WRITE),
            (loader.overrun | fetch.overrun | softmax_overrun, ErrorCode.ACTIVATION_READ),
            (stepper.weight_overrun, ErrorCode.WEIGHT_READ),
            (output.requant_overrun, ErrorCode.REQUANT_READ),
        ]
        if p.mode == "programmable":
            idle = ~sequencer.busy & running
            m.submodules.load_port = load = LoadPort(memory_targets(p))
            wiring.connect(m, wiring.flipped(self.load), load.i)
            m.d.comb += load.enable.eq(idle)
            connect_load(m, p, load, memories, output)
            faults.append((load.error, ErrorCode.LOAD))
        fault = Signal.like(sequencer.fault)
        m.d.sync += fault.eq(0)
        for condition, code in faults:
            with m.If(condition):
                m.d.sync += fault.eq(code)

        m.d.comb += [
            sequencer.fault.eq(fault),
            sequencer.start.eq(self.start),
            sequencer.legal.eq(job_is_legal(p, job)),
            sequencer.front_done.eq(stepper.job_end),
            sequencer.unit_done.eq(unit_done),
            sequencer.back_done.eq(back_done),
            stepper.can_finish.eq(output.can_finish & ~sequencer.back_waits),
            counters.reset.eq(sequencer.begin),
            counters.input_accepted.eq(arrival.accepted),
            counters.layer_end.eq(sequencer.layer_end),
            counters.finished.eq(sequencer.finished | (sequencer.error != 0)),
            self.busy.eq(sequencer.busy),
            self.done.eq(sequencer.done),
            self.error.eq(sequencer.error),
            self.cycles.eq(counters.cycles),
            self.layer_done.eq(counters.layer_done),
            self.layer_cycles.eq(counters.layer_cycles),
            self.trace_valid.eq(port.word_written),
            self.trace_address.eq(port.write_address),
            self.trace_data.eq(port.write_data[0]),
        ]
        return m

    def _array(
        self,
        m: Module,
        job: JobView,
        memories: dict[str, ImageMemory],
        loader: Loader,
        output: OutputStage,
    ) -> Stepper:
        """Window, stepper and array between the loader and the output stage."""
        p = self._parameters
        m.submodules.window = window = Window(p)
        m.submodules.stepper = stepper = Stepper(p, job)
        m.submodules.array = array = MacArray(p)
        m.d.comb += [
            getattr(window, name).eq(getattr(loader, name))
            for name in ("valid", "words", "chunk", "row", "segment_end", "tags")
        ]
        weight_address = Signal(p.weight_address_bits)
        m.d.sync += weight_address.eq(stepper.weight_address)
        m.d.comb += [
            loader.advance.eq(window.advance),
            window.stride.eq(job.stride),
            window.swap.eq(stepper.swap),
            window.shift.eq(stepper.shift),
            stepper.window_full.eq(window.full),
            stepper.window_tags.eq(window.full_tags),
            memories["weights"].address.eq(weight_address),
            array.weights.eq(memories["weights"].data),
            array.lanes.eq(window.lanes),
            array.issue.eq(stepper.issue),
            array.first.eq(stepper.first),
            array.last.eq(stepper.last),
            array.byte.eq(stepper.byte),
            array.dense.eq(job.dense),
            array.reduce_max.eq(job.reduce_max),
            output.finish.eq(stepper.issue & stepper.last),
            output.shadow.eq(array.shadow),
            memories["requant"].address.eq(output.requant_address),
            output.requant_row.eq(memories["requant"].data),
        ]
        return stepper

    def _connect_softmax(
        self,
        m: Module,
        unit: Softmax,
        job: JobView,
        table: ImageMemory,
        activations: ActivationMemory,
        launch: Value,
    ) -> None:
        """The softmax unit between its job, its table and the activation memory."""
        m.d.comb += [
            unit.start.eq(launch),
            unit.input_base.eq(job.input_base),
            unit.output_base.eq(job.output_base),
            unit.plane_stride.eq(job.plane_stride),
            unit.channels_minus_1.eq(job.channels),
            unit.pixels_minus_1.eq(job.words),
            unit.zero_point.eq(job.zero_point),
            unit.read_data.eq(activations.read_data[0]),
            table.address.eq(unit.table_address),
            unit.table_data.eq(table.data),
        ]
