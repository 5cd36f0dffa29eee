"""How many hard multipliers a product takes: the rules of yosys' mul2dsp.

A product that is too wide is cut, the wider factor first, in pieces of the multiplier's width and
what is left; pieces that are too narrow are made of logic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from isomac.resources.cores import Number
from isomac.resources.products import Factor, Product


@dataclass(frozen=True)
class MultiplierKind:
    """A hard multiplier.

    Members
    -------
    units
        Of the resource `dsp` that one takes.
    a_max, b_max
        Widest factors.
    a_piece, b_piece
        Widths of pieces of a factor that is wider.
    a_min, b_min, product_min
        Narrowest factors and product that are worth one.
    signed_only
        Whether factors without a sign need one more bit.
    """

    units: int
    a_max: int
    b_max: int
    a_piece: int
    b_piece: int
    a_min: int
    b_min: int
    product_min: int
    signed_only: bool = False


def _square(units: int, width: int, a_min: int, b_min: int, product_min: int = 0) -> MultiplierKind:
    return MultiplierKind(units, width, width, width, width, a_min, b_min, product_min)


#: What a family makes products of; what is too narrow for the first goes to the next. A family that
#: has none on some devices has them on others.
KINDS: dict[str, tuple[MultiplierKind, ...]] = {
    "ecp5": (_square(1, 18, 2, 2),),
    "ice40": (_square(1, 16, 2, 2, 11),),
    "gowin": (_square(2, 18, 10, 4), _square(2, 18, 4, 10), _square(1, 9, 4, 4)),
    "xc7": (MultiplierKind(1, 25, 18, 18, 18, 2, 2, 9, signed_only=True),),
}


def hard_multipliers(products: Iterable[Product], family: str) -> Number:
    """Return how many units of `dsp` the products take in a family that has multipliers."""
    return sum(product.count * units_of(product.a, product.b, family) for product in products)


@cache
def units_of(a: Factor, b: Factor, family: str) -> int:
    """Return how many units one product takes."""
    width = a.bits + b.bits
    # Where one factor has a sign, the other gets one, and the product is as wide as it was.
    if a.signed != b.signed:
        a, b = _signed(a), _signed(b)
    units, left = 0, [(a, b, width)]
    for kind in KINDS[family]:
        soft: list[tuple[Factor, Factor, int]] = []
        for one, other, bits in left:
            units += kind.units * _cut(*_ordered(one, other), bits, kind, soft, whole=True)
        left = soft
    return units


def _signed(factor: Factor) -> Factor:
    return factor if factor.signed else Factor(factor.bits + 1, signed=True)


def _ordered(a: Factor, b: Factor) -> tuple[Factor, Factor]:
    return (b, a) if a.bits < b.bits else (a, b)


def _cut(
    a: Factor,
    b: Factor,
    width: int,
    kind: MultiplierKind,
    soft: list[tuple[Factor, Factor, int]],
    *,
    whole: bool,
) -> int:
    """Multipliers of a product of `width` bits; `soft` gets the pieces that are too narrow."""
    if a.bits < kind.a_min or b.bits < kind.b_min or width < kind.product_min:
        if a.signed != b.signed:
            a, b = _signed(a), _signed(b)
        soft.append((a, b, width))
        return 0
    if whole and kind.signed_only and not (a.signed or b.signed):
        a, b = _signed(a), _signed(b)
    # Pieces but the last have no sign of their own.
    room = int(kind.signed_only)
    if a.bits > kind.a_max:
        count, last = _slices(a, kind.a_max, kind.a_piece - room)
        piece, bits = Factor(kind.a_piece, bool(room)), min(width, b.bits + kind.a_piece)
        rest = _cut(last, b, last.bits + b.bits, kind, soft, whole=False)
        return rest + sum(_cut(piece, b, bits, kind, soft, whole=False) for _ in range(count))
    if b.bits > kind.b_max:
        count, last = _slices(b, kind.b_max, kind.b_piece - room)
        piece, bits = Factor(kind.b_piece, bool(room)), min(width, a.bits + kind.b_piece)
        rest = _cut(a, last, a.bits + last.bits, kind, soft, whole=False)
        return rest + sum(_cut(a, piece, bits, kind, soft, whole=False) for _ in range(count))
    return 1


def _slices(factor: Factor, widest: int, step: int) -> tuple[int, Factor]:
    """How many pieces of `step` bits are cut off a factor, and what is left."""
    count = (factor.bits - widest + step - 1) // step
    return count, Factor(factor.bits - count * step, factor.signed)
