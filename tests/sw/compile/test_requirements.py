"""What hardware follows from a graph: everything fits, and in fixed mode nothing is wider."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from isomac.compile.compiler import compile_graph
from isomac.compile.geometry import Geometry
from isomac.compile.lowering import lower
from isomac.compile.program import Program
from isomac.compile.requirements import (
    PROGRAMMABLE_ACCUMULATOR_BITS,
    PROGRAMMABLE_MULTIPLIER_BITS,
    PROGRAMMABLE_WIDTHS,
)
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, Constants
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac.graph.operators.newton_softmax import NewtonSoftmax
from isomac.graph.operators.softmax import Softmax
from isomac_hw.job import FIELD_NAMES
from tests.sw.compile.networks import ARRAY_ONLY, WITH_SOFTMAX, random_network
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import add, softmax

SEEDS = range(40)


def random_program(seed: int, mode: str) -> tuple[Program, list[tuple[ArrayWork, Constants]]]:
    """Return a compiled random graph, and all array work with its constants."""
    network, shape, _ = random_network(seed, WITH_SOFTMAX)
    program = compile_graph(network, shape, mode=mode)
    work = [w for w in lower(network, shape.channel_lanes).work if isinstance(w, ArrayWork)]
    window = program.parameters.window_columns
    return program, [(w, w.constants(Geometry.of(w, shape, window).segmentation)) for w in work]


def needed_bits(*values: int) -> int:
    """Width of a two's complement number that holds all of them."""
    return next(n for n in itertools.count(1) if all(-(2**n) <= 2 * v < 2**n for v in values))


def sums_of_weights(work: ArrayWork, constants: Constants, lanes: int) -> tuple[int, int]:
    """Extremes of the raw sum of any channel, from the weight words and bytes in [-128, 127]."""
    words = constants.weights.astype(np.int64)
    tiles = [words] if work.weight_restart else np.split(words, work.channel_tiles)
    products = np.stack([np.stack([-128 * tile, 127 * tile]) for tile in tiles])
    assert products.shape[-1] == lanes
    return (
        int(products.min(axis=1).sum(axis=1).min()),
        int(products.max(axis=1).sum(axis=1).max()),
    )


@pytest.mark.parametrize("mode", ["fixed", "programmable"])
def test_every_constant_fits(mode: str) -> None:
    for seed in SEEDS:
        program, constants = random_program(seed, mode)
        p = program.parameters
        for work, c in constants:
            assert needed_bits(*c.bias.tolist()) <= p.bias_bits
            multipliers = [*c.multiplier.tolist(), work.multiplier_b]
            assert 0 <= min(multipliers) <= max(multipliers) < 2**p.multiplier_bits
            shifts = c.shift[c.shift > 0]
            assert p.shift_min <= shifts.min()
            assert shifts.max() < p.shift_min + 2**p.shift_bits
            assert needed_bits(c.total_min, c.total_max) <= p.sum_bits


def test_no_sum_overflows() -> None:
    """Whatever the bytes are, and in whatever order they come."""
    for seed in SEEDS:
        program, constants = random_program(seed, "fixed")
        p = program.parameters
        widest = 1
        for work, c in constants:
            # What is kept of a maximum is one byte.
            low, high = (
                (-128, 127) if work.reduce_max else sums_of_weights(work, c, p.channel_lanes)
            )
            if not Geometry.of(work, shape_of(program), p.window_columns).lane_sum:
                assert c.raw_min <= low <= high <= c.raw_max or work.second is not None
            widest = max(widest, needed_bits(c.raw_min, c.raw_max))
            assert needed_bits(low, high) <= p.accumulator_bits
        assert p.accumulator_bits == widest


def shape_of(program: Program) -> ArrayShape:
    """Return the array of a program."""
    p = program.parameters
    return ArrayShape(
        tile_rows=p.tile_rows,
        tile_columns=p.tile_columns,
        channel_lanes=p.channel_lanes,
        requant_lanes=p.requant_lanes,
        banks=p.banks,
    )


def test_fixed_hardware_is_as_narrow_as_can_be() -> None:
    for seed in SEEDS:
        program, constants = random_program(seed, "fixed")
        p = program.parameters
        biases = [int(b) for _, c in constants for b in c.bias]
        assert p.bias_bits == needed_bits(*biases)
        totals = [total for _, c in constants for total in (c.total_min, c.total_max)]
        assert p.sum_bits == needed_bits(*totals)
        multipliers = [int(m) for work, c in constants for m in (*c.multiplier, work.multiplier_b)]
        assert p.multiplier_bits == max(1, max(multipliers).bit_length())
        shifts = [int(s) for _, c in constants for s in c.shift if s]
        assert p.shift_min == min(shifts)
        assert p.shift_bits == max(1, (max(shifts) - min(shifts)).bit_length())
        assert p.weight_depth == len(program.images.weights)
        assert p.requant_depth == len(program.images.requant)
        assert p.program_depth == len(program.jobs)
        assert p.activation_depth == -(-program.plan.words // p.banks) * p.banks


@pytest.mark.parametrize("multipliers", [(1, 2**20), (2**20, 1)])
def test_both_multipliers_of_an_add_count(multipliers: tuple[int, int]) -> None:
    small = convolution(multiplier=np.array([5, 6]))
    network = graph(small, add(multipliers=multipliers))
    shape = random_network(0, ARRAY_ONLY, lanes=2)[1]
    assert compile_graph(network, shape).parameters.multiplier_bits == 21


def test_features_are_those_of_the_work() -> None:
    for seed in SEEDS:
        program, constants = random_program(seed, "fixed")
        p = program.parameters
        work = [work for work, _ in constants]
        geometry = [Geometry.of(w, shape_of(program), p.window_columns) for w in work]
        expected = {
            "dense": any(w.dense for w in work),
            "depthwise": any(not w.dense for w in work),
            "max": any(w.reduce_max for w in work),
            "add": any(w.second is not None and w.alignment is None for w in work),
            "aligned_add": any(w.alignment is not None for w in work),
            "lane_sum": any(g.lane_sum for g in geometry),
            "double_rounding": any(w.double_rounding for w in work),
            "lookup": any(w.table is not None for w in work),
            "softmax": any(
                isinstance(o, Softmax | NewtonSoftmax) for o in program.graph.operations
            ),
        }
        assert p.features == tuple(name for name, there in expected.items() if there)
        assert p.strides == tuple(sorted({g.lane_stride for g in geometry}))


@pytest.mark.parametrize("mode", ["fixed", "programmable"])
def test_jobs_come_back_from_their_rows(mode: str) -> None:
    for seed in SEEDS:
        program, _ = random_program(seed, mode)
        layout = program.parameters.job_layout
        for row, job in zip(program.images.program, program.jobs, strict=True):
            for field in layout.fields:
                value = getattr(job, field.name)
                if value is None:
                    continue
                found = field.constant
                if found is None:
                    found = row >> field.offset & (1 << field.width) - 1
                    if field.signed and found >> field.width - 1:
                        found -= 1 << field.width
                assert found == value


def test_programmable_hardware_has_room() -> None:
    for seed in SEEDS:
        program, _ = random_program(seed, "programmable")
        fixed, _ = random_program(seed, "fixed")
        p, q = program.parameters, fixed.parameters
        for name in ("activation_depth", "weight_depth", "requant_depth", "program_depth"):
            depth = getattr(p, name)
            assert depth >= getattr(q, name)
            assert depth & (depth - 1) == 0
        assert p.accumulator_bits >= PROGRAMMABLE_ACCUMULATOR_BITS
        assert p.multiplier_bits >= PROGRAMMABLE_MULTIPLIER_BITS
        assert p.shift_min == max(1, q.shift_min - 4)
        widths = {field.name: field.width for field in p.job_layout.fields}
        assert set(widths) == set(FIELD_NAMES)
        assert widths["address_row"] == widths["input_base"] == p.address_bits
        assert widths["weight_base"] >= (p.weight_depth - 1).bit_length()
        assert widths["requant_base"] >= (p.requant_depth - 1).bit_length()
        assert widths["kind"] == 2
        for start, width in PROGRAMMABLE_WIDTHS.items():
            names = [name for name in widths if name.startswith(start)]
            assert names
            assert all(widths[name] >= width for name in names)


def two_softmaxes(**changes: Any) -> Graph:
    """Return two softmax layers behind each other, the second changed."""
    second = replace(softmax(), name="second", inputs=("z",), output="w")
    return graph(convolution(), softmax(), replace(second, **changes), tensors=(tensor("w"),))


def test_softmax_layers_share_one_table() -> None:
    shape = random_network(0, ARRAY_ONLY, lanes=2)[1]
    unit = compile_graph(two_softmaxes(), shape).parameters.softmax
    assert unit is not None
    assert (unit.channel_lanes, unit.reciprocal_bits, unit.shift) == (2, 32, 24)
    assert (unit.channels_bits, unit.pixels_bits) == (1, 4)
    assert (unit.table_bits, unit.sum_bits, unit.table_peak) == (17, 18, 2**16)


@pytest.mark.parametrize(
    "changes",
    [{"shift": 23}, {"reciprocal_bits": 31}, {"table": np.full(256, 7)}],
)
def test_softmax_layers_with_different_tables_are_refused(changes: dict[str, Any]) -> None:
    shape = random_network(0, ARRAY_ONLY, lanes=2)[1]
    with pytest.raises(IsomacError, match="the softmax unit has one table"):
        compile_graph(two_softmaxes(**changes), shape)


def test_softmax_constants_out_of_range_are_refused() -> None:
    shape = random_network(0, ARRAY_ONLY, lanes=2)[1]
    network = graph(convolution(), softmax(reciprocal_bits=10, shift=5))
    with pytest.raises(IsomacError, match=r"cannot do this softmax: .* reciprocal_bits"):
        compile_graph(network, shape)
