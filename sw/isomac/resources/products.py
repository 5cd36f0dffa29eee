"""The products of a core: widths of their factors, and how many there are of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from isomac.resources.cores import AnyCores, Number, as_parameters
from isomac_hw import newton
from isomac_hw.output_stage import requantization
from isomac_hw.product import PIECE_BITS
from isomac_hw.requantizer import OPERAND_BITS
from isomac_hw.softmax_newton import LOW_BITS
from isomac_hw.softmax_parameters import SoftmaxParameters


@dataclass(frozen=True)
class Factor:
    """One of two factors."""

    bits: int
    signed: bool


@dataclass(frozen=True)
class Product:
    """A product of two factors, as often as it is there."""

    a: Factor
    b: Factor
    count: Number


def products(parameters: AnyCores) -> Iterator[Product]:
    """Yield the products of a core."""
    p = parameters
    byte = Factor(8, signed=True)
    yield Product(byte, byte, p.multipliers)
    widths = requantization(as_parameters(p))
    lanes = p.requant_lanes
    yield from _pieces(widths.operand_bits, p.multiplier_bits, lanes)
    if widths.has_operands:
        yield from _pieces(OPERAND_BITS, p.multiplier_bits, lanes)
    if p.softmax is not None:
        yield from _softmax(p.softmax)


def _pieces(signed_bits: int, unsigned_bits: int, count: Number) -> Iterator[Product]:
    """What `isomac_hw.product.pieces` makes of a product."""
    rows = _split(signed_bits, signed=True)
    for row in rows:
        for column in _split(unsigned_bits, signed=False):
            yield Product(row, column, count)


def _split(bits: int, *, signed: bool) -> list[Factor]:
    if bits <= PIECE_BITS:
        return [Factor(bits, signed)]
    return [Factor(PIECE_BITS, signed=False), Factor(bits - PIECE_BITS, signed)]


def _softmax(p: SoftmaxParameters) -> Iterator[Product]:
    if not p.is_newton:
        yield Product(Factor(p.table_bits, signed=False), Factor(p.quotient_bits, signed=False), 1)
        return
    low = Factor(LOW_BITS, signed=False)
    high_a = Factor(p.table_bits - LOW_BITS, signed=False)
    high_b = Factor(newton.RECIPROCAL_BITS + 1 - LOW_BITS, signed=True)
    for a in (low, high_a):
        for b in (low, high_b):
            yield Product(a, b, 1)
