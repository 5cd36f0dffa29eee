"""The output stage: shadow sums through R requantizers into words of the activation memory."""

from collections.abc import Collection, Sequence

from amaranth.hdl import Array, Cat, Const, Module, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.drain import DrainWalker
from isomac_hw.job import JobView
from isomac_hw.lookup import ENTRIES, Lookup
from isomac_hw.mac_array import MacArray
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.requantizer import Requantization, Requantizer, requantizer_latency

#: The job fields that bytes need until they are written.
FIELDS = (
    "zero_point",
    "quant_min",
    "quant_max",
    "double_rounding",
    "add",
    "zero_point_b",
    "multiplier_b",
    "aligned",
    "left_shift",
    "align_shift",
    "align_half",
    "align_half_negative",
    "lane_sum",
    "lookup",
    "lookup_table",
)
#: Those that the requantizers read.
_REQUANTIZER_FIELDS = FIELDS[:12]


def requantization(parameters: AcceleratorParameters) -> Requantization:
    """The widths of this accelerator's requantizers."""
    p = parameters
    return Requantization(
        accumulator_bits=p.accumulator_bits,
        bias_bits=p.bias_bits,
        sum_bits=p.sum_bits,
        multiplier_bits=p.multiplier_bits,
        shift_min=p.shift_min,
        shift_bits=p.shift_bits,
        has_add=p.has("add"),
        has_aligned_add=p.has("aligned_add"),
        has_double_rounding=p.has("double_rounding"),
    )


def output_latency(features: Collection[str]) -> int:
    """Cycles from a drain step (see :class:`DrainWalker`) to the write of its word.

    The last of them passes between this stage and the memory, see :mod:`isomac_hw.write_port`.
    """
    select = MacArray.LATENCY + 2
    lookup = Lookup.LATENCY if "lookup" in features else 0
    return select + requantizer_latency("aligned_add" in features) + lookup + 1


class OutputStage(wiring.Component):
    """Selects R sums a cycle, requantizes them and assembles words.

    Parameters
    ----------
    parameters, job
        What to build, and the fields of the job that runs.
    tables
        Content of the lookup tables for simulation in Amaranth.

    Members
    -------
    start, finish : In(1)
        A job starts, whose fields are shown in this cycle; a tile's last step is issued.
    can_finish : Out(1)
        See :class:`DrainWalker`.
    shadow : In(P of M sums)
    requant_address : Out
    requant_row : In
        The row, one cycle after its address.
    requant_overrun : Out(1)
        The row lies beyond the memory.
    write_enable, write_address, write_data : Out
        To the activation memory, which is written in the next cycle.
    lookup_write_enable, lookup_write_address, lookup_write_data : In
        A row of the lookup tables, where there are some and they are loadable.
    done : Out(1)
        High with the last word of the job.
    """

    def __init__(self, parameters: AcceleratorParameters, job: JobView, tables: Sequence[int] = ()):
        self._parameters, self._job, self._tables = parameters, job, tables
        p = parameters
        self._latency = output_latency(p.features)
        sums = data.ArrayLayout(signed(p.accumulator_bits), p.channel_lanes)
        members: dict[str, In | Out] = {
            "start": In(1),
            "finish": In(1),
            "can_finish": Out(1),
            "shadow": In(data.ArrayLayout(sums, p.pixel_lanes)),
            "requant_address": Out(p.requant_address_bits),
            "requant_row": In(p.requant_row_bits),
            "requant_overrun": Out(1),
            "write_enable": Out(1),
            "write_address": Out(p.address_bits),
            "write_data": Out(8 * p.channel_lanes),
            "done": Out(1),
        }
        if p.has("lookup") and p.mode == "programmable":
            members |= {
                "lookup_write_enable": In(1),
                "lookup_write_address": In(ceil_log2(ENTRIES * p.lookup_tables)),
                "lookup_write_data": In(8),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        p = self._parameters
        job = self._job.hold(m, self.start, FIELDS)
        m.submodules.walker = walker = DrainWalker(p, self._job)
        m.d.comb += [
            walker.start.eq(self.start),
            walker.finish.eq(self.finish),
            self.can_finish.eq(walker.can_finish),
        ]
        # What a step needs later, delayed as one word.
        tag_layout = data.StructLayout(
            {
                "valid": 1,
                "pixel": len(walker.pixel),
                "step": len(walker.step),
                "word_end": 1,
                "job_end": 1,
                "address": p.address_bits,
                "requant_row": p.requant_address_bits,
            }
        )
        tags = [Signal(tag_layout, name="step_0")]
        m.d.comb += [getattr(tags[0], name).eq(getattr(walker, name)) for name, _ in tag_layout]
        for stage in range(1, self._latency):
            tags.append(Signal(tag_layout, name=f"step_{stage}"))
            m.d.sync += tags[stage].eq(tags[stage - 1])

        # The shadows of step 0 are loaded MacArray.LATENCY cycles after it.
        select = tags[MacArray.LATENCY]
        m.d.comb += [
            self.requant_address.eq(select.requant_row),
            self.requant_overrun.eq(select.valid & (select.requant_row >= p.requant_depth)),
        ]
        pixel = Signal(data.ArrayLayout(signed(p.accumulator_bits), p.channel_lanes))
        # Slices at variable places are trees of multiplexers, see :class:`MacArray`.
        sums = self.shadow.as_value()
        m.d.sync += pixel.as_value().eq(sums.word_select(select.pixel, len(pixel.as_value())))
        step = tags[MacArray.LATENCY + 1].step
        width = p.bias_bits + p.multiplier_bits + p.shift_bits
        lanes = []
        for lane in range(p.requant_lanes):
            m.submodules[f"requantizer_{lane}"] = unit = Requantizer(requantization(p))
            candidates = Cat(
                pixel[channel] if channel < p.channel_lanes else Const(0, p.accumulator_bits)
                for channel in range(lane, p.drain_steps * p.requant_lanes, p.requant_lanes)
            )
            total = Signal(signed(p.accumulator_bits), name=f"total_{lane}")
            m.d.sync += total.eq(candidates.word_select(step, p.accumulator_bits))
            if p.has("lane_sum"):
                total = self._sum_lanes(m, lane, total, tags[MacArray.LATENCY + 2], job.lane_sum)
            constants = self.requant_row[lane * width : (lane + 1) * width]
            bias = Signal(signed(p.bias_bits), name=f"bias_{lane}")
            multiplier = Signal(p.multiplier_bits, name=f"multiplier_{lane}")
            shift_offset = Signal(p.shift_bits, name=f"shift_offset_{lane}")
            m.d.sync += Cat(bias, multiplier, shift_offset).eq(constants)
            m.d.comb += [
                unit.total.eq(total),
                unit.bias.eq(bias),
                unit.multiplier.eq(multiplier),
                unit.shift_offset.eq(shift_offset),
                *(getattr(unit, name).eq(getattr(job, name)) for name in _REQUANTIZER_FIELDS),
            ]
            lanes.append(unit.byte)

        if p.has("lookup"):
            lanes = self._look_up(m, lanes, job)
        self._assemble(m, lanes, tags[self._latency - 1])
        return m

    def _look_up(self, m: Module, lanes: list[Signal], job: JobView) -> list[Signal]:
        """The bytes behind the lookup tables."""
        p = self._parameters
        m.submodules.lookup = tables = Lookup(
            lanes=p.requant_lanes,
            tables=p.lookup_tables,
            image="lookup.hex",
            init=self._tables,
            loadable=p.mode == "programmable",
        )
        m.d.comb += [tables.enable.eq(job.lookup), tables.table.eq(job.lookup_table)]
        m.d.comb += [tables.bytes[index].eq(byte) for index, byte in enumerate(lanes)]
        if p.mode == "programmable":
            m.d.comb += [
                tables.write_enable.eq(self.lookup_write_enable),
                tables.write_address.eq(self.lookup_write_address),
                tables.write_data.eq(self.lookup_write_data),
            ]
        return [tables.results[index] for index in range(p.requant_lanes)]

    def _sum_lanes(
        self, m: Module, lane: int, total: Signal, tag: data.View, lane_sum: Value
    ) -> Signal:
        """The sum of a channel over the lanes drained so far, or that of one lane as it is."""
        p = self._parameters
        sums = Array(
            Signal(total.shape(), name=f"lane_sum_{lane}_{step}") for step in range(p.drain_steps)
        )
        result = Signal(total.shape(), name=f"summed_{lane}")
        m.d.comb += result.eq(total)
        with m.If(lane_sum & (tag.pixel != 0)):
            m.d.comb += result.eq(sums[tag.step] + total)
        with m.If(tag.valid):
            m.d.sync += sums[tag.step].eq(result)
        return result

    def _assemble(self, m: Module, lanes: list[Signal], tag: data.View) -> None:
        """Bytes of one word, R a cycle; those beyond the last step are 0."""
        p = self._parameters
        held = Signal(8 * p.channel_lanes, reset_less=True)
        merged = Signal(8 * p.channel_lanes)
        with m.Switch(tag.step):
            for step in range(p.drain_steps):
                low, high = 8 * step * p.requant_lanes, 8 * (step + 1) * p.requant_lanes
                with m.Case(step):
                    m.d.comb += merged.eq(Cat(held[:low], *lanes)[: min(high, len(held))])
        m.d.sync += held.eq(merged)
        m.d.comb += [
            self.write_enable.eq(tag.valid & tag.word_end),
            self.write_address.eq(tag.address),
            self.write_data.eq(merged),
            self.done.eq(tag.job_end),
        ]
