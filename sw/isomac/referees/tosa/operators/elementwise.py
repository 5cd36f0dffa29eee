"""Additions, products with a constant, tables and clamps."""

from __future__ import annotations

from collections.abc import Sequence

from isomac.graph.graph import Graph
from isomac.graph.operators.add import Add
from isomac.graph.operators.aligned_add import AlignedAdd
from isomac.graph.operators.clamp import Clamp
from isomac.graph.operators.lookup import Lookup
from isomac.graph.operators.scale import Scale
from isomac.referees.tosa.network import UNIT_BITS, Network, NotExpressible, Value
from isomac.referees.tosa.registry import expresses

#: Places that the factors of an `Add` are divided at, and bounds so that no sum leaves int32.
_SPLIT, _SPLIT_MIN, _SPLIT_MAX = 16, 9, 22
_RESCALE_BITS = 32


@expresses(Add)
def add(network: Network, operation: Add, graph: Graph, operands: Sequence[Value]) -> Value:
    """Return the sum of two products, rounded once.

    TOSA's products have 32 bits. The factors are therefore divided into high and low places, and
    the low sum is floored at the division: `(high * 2**k + low + half) >> shift` is
    `(high + (low >> k) + half / 2**k) >> (shift - k)` exactly.
    """
    split = max(min(_SPLIT, operation.shift - 2), operation.shift - _RESCALE_BITS)
    if not _SPLIT_MIN <= split <= _SPLIT_MAX:
        raise NotExpressible(f"products of 40 bits, shifted by {operation.shift}")
    low: list[Value] = []
    high: list[Value] = []
    for x, name, factor in zip(operands, operation.inputs, operation.multipliers, strict=True):
        wide = network.widen(x, graph.tensor(name).zero_point)
        low.append(network.multiply(wide, network.number(factor & ((1 << split) - 1))))
        high.append(network.multiply(wide, network.number(factor >> split)))
    carried = network.binary(
        "ARITHMETIC_RIGHT_SHIFT", network.binary("ADD", *low), network.number(split), False
    )
    y = network.rescale(
        network.binary("ADD", network.binary("ADD", *high), carried),
        1 << UNIT_BITS,
        operation.shift - split + UNIT_BITS,
        zero_out=graph.tensor(operation.output).zero_point,
    )
    return network.clamp(y, operation.quant_min, operation.quant_max)


@expresses(AlignedAdd)
def aligned_add(
    network: Network, operation: AlignedAdd, graph: Graph, operands: Sequence[Value]
) -> Value:
    """Return TFLite's addition: b is rescaled, then the sum."""
    shifts = (operation.left_shift, operation.left_shift_b)
    a, b = (
        network.binary(
            "LOGICAL_LEFT_SHIFT",
            network.widen(x, graph.tensor(name).zero_point),
            network.number(shift),
        )
        for x, name, shift in zip(operands, operation.inputs, shifts, strict=True)
    )
    aligned = network.rescale(
        b,
        operation.multiplier_b,
        operation.shift_b,
        dtype="INT32",
        rounding=operation.rounding,
    )
    y = network.rescale(
        network.binary("ADD", a, aligned),
        operation.multiplier,
        operation.shift,
        rounding=operation.rounding,
        zero_out=graph.tensor(operation.output).zero_point,
    )
    return network.clamp(y, operation.quant_min, operation.quant_max)


@expresses(Scale)
def scale(network: Network, operation: Scale, graph: Graph, operands: Sequence[Value]) -> Value:
    """Return the rescaled products with a factor for each channel."""
    wide = network.widen(operands[0], graph.tensor(operation.inputs[0]).zero_point)
    factors = network.constant(operation.factor.reshape(1, 1, 1, -1), "INT32")
    y = network.rescale(
        network.multiply(wide, factors),
        operation.multiplier,
        operation.shift,
        rounding=operation.rounding,
        zero_out=graph.tensor(operation.output).zero_point,
    )
    return network.clamp(y, operation.quant_min, operation.quant_max)


@expresses(Lookup)
def lookup(network: Network, operation: Lookup, graph: Graph, operands: Sequence[Value]) -> Value:
    """Return the entries of a table."""
    inputs = (operands[0], network.constant(operation.table, "INT8"))
    return network.node("TABLE", inputs, operands[0].shape, "INT8")


@expresses(Clamp)
def clamp(network: Network, operation: Clamp, graph: Graph, operands: Sequence[Value]) -> Value:
    """Return values within bounds."""
    return network.clamp(operands[0], operation.quant_min, operation.quant_max)
