"""What the logic and the registers of a core are counted in, from its parameters alone.

Each feature is an estimate, in LUTs or registers, of one part of the core: as many as a look at the
gateware tells. How many of each there really are is fitted, see `isomac.resources.fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import ceil, gcd

from amaranth.utils import ceil_log2

from isomac.resources.cores import AnyCores, Cores, Number, as_parameters, each, largest
from isomac.resources.memories import Memory, memories
from isomac.resources.memory_mapping import map_memory
from isomac.resources.multiplier_mapping import hard_multipliers
from isomac.resources.products import products
from isomac_hw.drain import FIELDS as DRAIN_FIELDS
from isomac_hw.input_store import Packing
from isomac_hw.output_stage import FIELDS as OUTPUT_FIELDS
from isomac_hw.output_stage import requantization
from isomac_hw.requantizer import OPERAND_BITS

#: Loop counts of the loader and the drain.
_COUNTS = (
    "chunks",
    "blocks",
    "columns",
    "kernel_rows",
    "channel_tiles",
    "tile_columns",
    "tile_rows",
)


def features(
    parameters: AnyCores,
    family: str,
    *,
    has_multipliers: bool,
    constant_bits: Mapping[str, int] | None = None,
) -> tuple[dict[str, Number], dict[str, Number]]:
    """Return the features of the LUTs and those of the registers, by name.

    Parameters
    ----------
    parameters
        Of the core, or of many: the features are arrays then.
    family
        Of the target.
    has_multipliers
        Whether it has hard multipliers.
    constant_bits
        See `isomac.resources.memories.memories`.
    """
    p = parameters
    width = {field.name: field.width for field in p.job_layout.fields}
    word = 8 * p.channel_lanes
    sums = p.multipliers * p.accumulator_bits
    depthwise, dense = p.has("depthwise"), p.has("dense")
    gearbox, places = each(partial(_gearbox, p.channel_lanes, p.input_channels), p.banks)
    strides = p.stride_count if isinstance(p, Cores) else len(p.strides)
    counts = sum(width[name] for name in _COUNTS)
    steps_y = sum(width[name] > 0 for name in width if name.startswith("y_"))
    steps_x = sum(width[name] > 0 for name in width if name.startswith("x_"))
    steps_address = sum(width[name] > 0 for name in width if name.startswith("address_"))
    coordinate = max(width["input_height"], width["input_width"], width["start_y"]) + 2
    held = sum(width[name] for name in {*DRAIN_FIELDS, *OUTPUT_FIELDS})
    window = p.tile_rows * p.window_columns * word
    requantizer = _requantizer(p)
    memory = _memory(p, family, constant_bits)
    programmable = p.mode == "programmable"
    widest_row = largest(p.job_layout.width, word, p.requant_row_bits) if programmable else 0
    soft: Number = 0.0
    if not has_multipliers:
        soft = sum(product.count * product.a.bits * product.b.bits for product in products(p))
    s = p.softmax
    luts = {
        "base": 400.0,
        "accumulators": 2 * sums,
        "maximum": p.multipliers * (8 + p.accumulator_bits) * p.has("max"),
        "broadcast": 8 * p.pixel_lanes * (p.channel_lanes - 1) * dense,
        "own_bytes": 8 * p.multipliers * (dense and depthwise),
        "window": window - p.tile_rows * word,
        "strides": word * p.tile_rows * (p.tile_columns - 1) * (strides - 1),
        "banks": p.banks * word,
        "bank_logic": p.banks * (2 * coordinate + 2 * p.address_bits),
        "crossbar": p.banks * word * each(ceil_log2, p.banks),
        "pixels": p.channel_lanes * p.accumulator_bits * (p.pixel_lanes - 1) * 0.6,
        "steps": p.requant_lanes * (p.drain_steps - 1) * p.accumulator_bits * 0.6,
        "requantizer_adders": p.requant_lanes * requantizer["adders"],
        "requantizer_shifters": p.requant_lanes * requantizer["shifters"],
        "lane_sums": p.requant_lanes * p.accumulator_bits * p.drain_steps * p.has("lane_sum"),
        "word": word,
        "gearbox": gearbox,
        "gearbox_shifter": gearbox * places * 0.5,
        "packings": gearbox * (len(p.input_channels) - 1),
        "walker": p.address_bits * steps_address + coordinate * (steps_y + steps_x),
        "counters": 3 * counts,
        "drain": 8 * p.address_bits + 3 * p.requant_address_bits,
        "job": held,
        "memory": memory["luts"],
        "program": memory["program"],
        "memory_multiplexers": memory["multiplexers"],
        "programmable": 300.0 * programmable,
        "loaded": widest_row,
        "soft_products": soft,
        "softmax": 0.0 if s is None else 150 + 3 * s.table_bits + 3 * s.quotient_bits,
        "softmax_word": 0.0 if s is None else 2.5 * word,
        "newton": 0.0 if s is None else 400.0 * s.is_newton,
    }
    registers = {
        "base": 300.0,
        "accumulators": 2 * sums,
        "array": p.multipliers * (24 if depthwise else 16) + 8 * p.multipliers,
        "window": 2 * window,
        "banks": p.banks * word,
        "pixels": p.channel_lanes * p.accumulator_bits,
        "requantizers": p.requant_lanes * requantizer["registers"],
        "lane_sums": p.requant_lanes * p.accumulator_bits * p.drain_steps * p.has("lane_sum"),
        "word": word,
        "gearbox": gearbox,
        "job": p.job_layout.width,
        "held": held,
        "addresses": 10 * p.address_bits + 8 * p.requant_address_bits,
        "counters": 2 * counts,
        "coordinates": 4 * coordinate,
        "memory": memory["registers"],
        "loaded": widest_row,
        "softmax": 0.0 if s is None else 100 + 2 * word + 2 * s.table_bits + 2 * s.quotient_bits,
        "newton": 0.0 if s is None else 400.0 * s.is_newton,
    }
    return luts, registers


def _gearbox(lanes: int, input_channels: tuple[int, ...], banks: int) -> tuple[int, int]:
    """Bits of the gearbox of the input, and of the place at which it puts a stream word."""
    packings = [Packing(lanes, banks, channels) for channels in input_channels]
    unit = gcd(*(packing.group_bytes for packing in packings), packings[0].channel_lanes)
    places = (max(packing.group_bytes for packing in packings) // unit).bit_length()
    return 8 * max(packing.capacity for packing in packings), places


def _requantizer(p: AnyCores) -> dict[str, float]:
    """Adder bits, shifter bits and registers of one requantizer, roughly."""
    w = requantization(as_parameters(p))
    product = w.product_bits
    kept = max(12, product - w.shift_min + 1)
    adders = w.operand_bits + 2 * product + 11 + 12 + 16
    shifters = kept * w.shift_bits * 0.7
    registers = p.accumulator_bits + p.bias_bits + 2 * p.multiplier_bits + 3 * w.shift_bits
    registers += w.operand_bits + 3 * product + kept + 11 + 8
    if w.has_operands:
        second = OPERAND_BITS + p.multiplier_bits
        adders += OPERAND_BITS + 2 * second
        registers += OPERAND_BITS + second
    if w.has_aligned_add:
        second = OPERAND_BITS + p.multiplier_bits
        adders += second + w.operand_bits
        shifters += second * 6 * 0.7 + w.operand_bits * 5 * 0.7
        registers += 2 * second + 4 * (w.operand_bits + p.multiplier_bits)
    if w.has_double_rounding:
        adders += 32
    return {"adders": adders, "shifters": shifters, "registers": registers}


def _memory(p: AnyCores, family: str, constant_bits: Mapping[str, int] | None) -> dict[str, Number]:
    """LUTs and registers of memories that are no block RAM, and multiplexers of deep ones."""
    total: list[Number] = [0.0, 0.0, 0.0, 0.0]
    for memory in memories(p, constant_bits):
        parts = each(partial(_logic, memory, family), memory.width, memory.depth)
        total = [old + memory.count * part for old, part in zip(total, parts, strict=True)]
    luts, program, multiplexed, registers = total
    return {
        "luts": luts,
        "program": program,
        "multiplexers": multiplexed * 0.6,
        "registers": registers,
    }


def _logic(memory: Memory, family: str, width: int, depth: int) -> tuple[float, int, int, int]:
    """LUTs, those of a program, bits multiplexed behind blocks, and registers of one memory."""
    mapping = map_memory(memory.sized(width, depth), family)
    multiplexed = (mapping.multiplexed - 1) * width
    rows = ceil(depth / 16)
    if mapping.resource == "bram":
        return 0.0, 0, multiplexed, 0
    if mapping.resource == "lut":
        return mapping.units + multiplexed * 0.6, 0, 0, width
    if memory.written:
        return width * depth, 0, 0, width + width * depth
    if memory.name == "program":
        # Columns of a program are much alike; those of constants are not.
        return 0.0, width * rows, 0, width
    return width * rows, 0, 0, width


def blocks(
    parameters: AnyCores,
    family: str,
    *,
    has_multipliers: bool,
    constant_bits: Mapping[str, int] | None = None,
) -> tuple[Number, Number]:
    """Return the hard multipliers and the memory blocks of a core, both exact.

    The parameters are those of `features`.
    """
    dsp = hard_multipliers(products(parameters), family) if has_multipliers else 0
    bram: Number = 0
    for memory in memories(parameters, constant_bits):
        units = each(partial(_blocks, memory, family), memory.width, memory.depth)
        bram = bram + memory.count * units
    return dsp, bram


def _blocks(memory: Memory, family: str, width: int, depth: int) -> int:
    """Blocks that one memory takes."""
    mapping = map_memory(memory.sized(width, depth), family)
    return mapping.units * (mapping.resource == "bram")
