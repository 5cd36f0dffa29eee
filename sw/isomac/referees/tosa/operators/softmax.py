"""Both softmax recipes, with TOSA's integer operators on 32 bits.

TOSA has no softmax of its own. What is judged is the arithmetic of the recipe, step by step: the
exponentials are gathered from the table of the integer graph.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from isomac.graph.graph import Graph
from isomac.graph.operators.newton_softmax import SUM_SHIFT, NewtonSoftmax
from isomac.graph.operators.softmax import Softmax
from isomac.referees.tosa.network import UNIT_BITS, Network, NotExpressible, Value
from isomac.referees.tosa.registry import expresses

#: Places that an exponential is divided at, so that its products with the reciprocal fit 32 bits.
_SPLIT = 8
_RECIPROCAL_MAX = 1 << 22
#: Sums stay below 2**31, and four times the remainder of a division too.
_SUM_MAX = 1 << 29

#: 48/17 and -32/17 with 29 fractional bits, and 1.
_INTERCEPT, _SLOPE, _ONE = 1515870810, -1010580540, 1 << 29
_STEPS = 3
#: ARITHMETIC_RIGHT_SHIFT shifts by at most 31; the shift grows with the sum of the exponentials.
_NEWTON_CHANNELS_MAX = 511


@expresses(Softmax)
def softmax(network: Network, operation: Softmax, graph: Graph, operands: Sequence[Value]) -> Value:
    """Return a softmax with one division for each pixel."""
    largest = int(operation.table.max()) * operands[0].shape[3]
    reciprocal_max = (1 << operation.reciprocal_bits) // int(operation.table[255])
    if largest >= _SUM_MAX or reciprocal_max > _RECIPROCAL_MAX or operation.shift <= _SPLIT:
        raise NotExpressible("products and quotients of more than 32 bits")
    exponentials = _exponentials(network, operation.table, operands[0])
    sums = network.reduce("REDUCE_SUM", exponentials, 3)
    # 2**(30 + t) // S is 2**t * q plus 2**t * rest // S, with 2**30 divided by S into q and rest.
    extra = max(0, operation.reciprocal_bits - UNIT_BITS)
    one = network.number(1 << (operation.reciprocal_bits - extra))
    reciprocal = network.node("INTDIV", (_like(network, one, sums), sums), sums.shape, "INT32")
    if extra:
        rest = network.binary("SUB", one, network.multiply(reciprocal, sums))
        power = network.number(1 << extra)
        more = network.node("INTDIV", (network.multiply(rest, power), sums), sums.shape, "INT32")
        reciprocal = network.binary("ADD", network.multiply(reciprocal, power), more)
    places = network.number(_SPLIT)
    high = network.binary("ARITHMETIC_RIGHT_SHIFT", exponentials, places, False)
    low = network.binary("SUB", exponentials, network.binary("LOGICAL_LEFT_SHIFT", high, places))
    carried = network.binary(
        "ARITHMETIC_RIGHT_SHIFT", network.multiply(low, reciprocal), places, False
    )
    return network.rescale(
        network.binary("ADD", network.multiply(high, reciprocal), carried),
        1 << UNIT_BITS,
        operation.shift - _SPLIT + UNIT_BITS,
        zero_out=graph.tensor(operation.output).zero_point,
    )


@expresses(NewtonSoftmax)
def newton_softmax(
    network: Network, operation: NewtonSoftmax, graph: Graph, operands: Sequence[Value]
) -> Value:
    """Return TFLite's softmax: the reciprocal in three steps of Newton's iteration."""
    if operands[0].shape[3] > _NEWTON_CHANNELS_MAX:
        raise NotExpressible(f"shifts by more than 31, with over {_NEWTON_CHANNELS_MAX} channels")
    exponentials = _exponentials(network, operation.table, operands[0])
    parts = network.binary("ARITHMETIC_RIGHT_SHIFT", exponentials, network.number(SUM_SHIFT), True)
    sums = network.reduce("REDUCE_SUM", parts, 3)
    zeros = network.node("CLZ", (sums,), sums.shape, "INT32")
    one = network.number(1)
    divisor = network.binary("LOGICAL_LEFT_SHIFT", sums, network.binary("SUB", zeros, one))
    estimate = network.binary(
        "ADD",
        network.number(_INTERCEPT),
        network.multiply(divisor, network.number(_SLOPE), 31),
    )
    for _ in range(_STEPS):
        error = network.binary("SUB", network.number(_ONE), network.multiply(divisor, estimate, 31))
        step = network.multiply(estimate, error, 31)
        step = network.binary("LOGICAL_LEFT_SHIFT", step, network.number(2))
        estimate = network.binary("ADD", estimate, step)
    # Twice the estimate, saturated: 1/d of the smallest divisor does not fit.
    full = network.binary("GREATER_EQUAL", estimate, network.number(1 << UNIT_BITS), dtype="BOOL")
    doubled = network.binary("LOGICAL_LEFT_SHIFT", estimate, one)
    chosen = (full, network.number((1 << 31) - 1), doubled)
    reciprocal = network.node("SELECT", chosen, doubled.shape, "INT32")
    product = network.multiply(exponentials, reciprocal, 31)
    shift = network.binary("SUB", network.number(35), zeros)
    y = network.binary("ARITHMETIC_RIGHT_SHIFT", product, shift, True)
    zero_out = graph.tensor(operation.output).zero_point
    return network.rescale(y, 1 << UNIT_BITS, UNIT_BITS, zero_out=zero_out)


def _exponentials(network: Network, table: npt.NDArray[np.int64], x: Value) -> Value:
    """Return `table[255 + x - max(x)]` as int32."""
    wide = network.widen(x)
    largest = network.reduce("REDUCE_MAX", wide, 3, network.ignored_nan())
    index = network.binary("SUB", network.binary("ADD", wide, network.number(255)), largest)
    count = int(np.prod(x.shape))
    values = network.constant(table.reshape(1, -1, 1), "INT32")
    flat = network.reshape(index, (1, count))
    return network.reshape(network.node("GATHER", (values, flat), (1, count, 1), "INT32"), x.shape)


def _like(network: Network, value: Value, other: Value) -> Value:
    """Return a number repeated to the shape of another value."""
    zero = network.number(0)
    return network.binary("ADD", value, network.multiply(other, zero))
