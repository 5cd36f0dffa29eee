"""Whether a job's numbers fit the hardware that is asked to run it."""

from collections.abc import Iterable

from amaranth.hdl import Value
from amaranth.utils import ceil_log2

from isomac_hw.job import JobView, Kind
from isomac_hw.parameters import AcceleratorParameters


def job_is_legal(parameters: AcceleratorParameters, job: JobView) -> Value:
    """One bit: the numbers of an array job or an input job are possible on this hardware.

    Loops are finite by construction (counts are stored minus one) and memories check their own
    addresses, so a job that passes can neither hang nor reach beyond the hardware. In a fixed core
    with a sound program this is a constant.
    """
    array = (job.kind != Kind.ARRAY) | _all(_array_rules(parameters, job))
    return array & ((job.kind != Kind.INPUT) | _all(_input_rules(parameters, job)))


def _all(rules: Iterable[Value]) -> Value:
    legal: Value = Value.cast(1)
    for rule in rules:
        legal = legal & rule
    return legal


def _array_rules(parameters: AcceleratorParameters, job: JobView) -> list[Value]:
    """Every lane, byte, window word and feature exists, and the last job waits for its end."""
    p = parameters
    rules = [
        job.columns_last < p.tile_columns,
        job.rows_last < p.tile_rows,
        job.steps_last < p.drain_steps,
        job.first_byte < p.channel_lanes,
        job.last_byte < p.channel_lanes,
        (job.blocks != 0) | (job.first_byte <= job.last_byte),
        job.chunks < -(-p.window_columns // p.banks),
        job.stride < len(p.strides),
        job.dense if not p.has("depthwise") else Value.cast(1),
        ~job.dense if not p.has("dense") else Value.cast(1),
        Value.cast(1) if p.has("max") else ~job.reduce_max,
        Value.cast(1) if p.has("add") else ~job.add,
        Value.cast(1) if p.has("aligned_add") else job.aligned == 0,
        Value.cast(1) if p.has("lane_sum") else ~job.lane_sum,
        Value.cast(1) if p.has("double_rounding") else job.double_rounding == 0,
        (job.lookup == 0) | (job.lookup_table < p.lookup_tables),
    ]
    for index, stride in enumerate(p.strides):
        longest = p.window_columns - (p.tile_columns - 1) * stride
        fits = (job.taps < longest) & (job.taps_last < longest)
        rules.append((job.stride != index) | fits)
    # The job that follows would be loaded in the place of the end.
    rules.append((job.launch_delay == 0) | (job.ends_program == 0))
    return rules


def _input_rules(parameters: AcceleratorParameters, job: JobView) -> list[Value]:
    """Groups of pixels begin at the start of a memory row, and the stream brings all of them.

    With too few words in the stream the job would never end; words that are too many would be taken
    for the next input.
    """
    p = parameters
    rules = [
        job.output_base[: ceil_log2(p.banks)] == 0,
        job.packing < len(p.input_channels),
    ]
    for index, channels in enumerate(p.input_channels):
        used = _times(job.words + 1, channels)
        arriving = _times(job.stream_words + 1, p.channel_lanes)
        whole = (used <= arriving) & (arriving < used + p.channel_lanes)
        rules.append((job.packing != index) | whole)
    return rules


def _times(value: Value, factor: int) -> Value:
    """A product with a constant, without a hard multiplier: small FPGAs have few."""
    places = [place for place in range(factor.bit_length()) if factor >> place & 1]
    return sum((value << place for place in places[1:]), start=value << places[0])
