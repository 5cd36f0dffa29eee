"""Whether a job's numbers fit the hardware that is asked to run it."""

from amaranth.hdl import Value

from isomac_hw.job import JobView, Kind
from isomac_hw.parameters import AcceleratorParameters


def job_is_legal(parameters: AcceleratorParameters, job: JobView) -> Value:
    """One bit: every lane, byte and window word that an array job names exists.

    Loops are finite by construction (counts are stored minus one) and memories check their own
    addresses, so a job that passes can neither hang nor reach beyond the hardware. In a fixed core
    with a sound program this is a constant.
    """
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
    legal: Value = Value.cast(1)
    for rule in rules:
        legal = legal & rule
    return (job.kind != Kind.ARRAY) | legal
