"""Golden model of the softmax with 31 bits and Newton's iteration."""

from collections.abc import Sequence

import torch

from isomac.golden.registry import evaluates
from isomac.graph.graph import Graph
from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.operators.newton_softmax import SUM_FRACTION, SUM_SHIFT, NewtonSoftmax

#: 48/17 and -32/17 with 29 fractional bits: the line closest to 1/d for d in [1/2, 1].
_INTERCEPT = 1515870810
_SLOPE = -1010580540
_ONE = 1 << 29
_STEPS = 3


@evaluates(NewtonSoftmax)
def newton_softmax(
    operation: NewtonSoftmax, graph: Graph, operands: Sequence[torch.Tensor]
) -> torch.Tensor:
    """Return the softmax over the channels of each pixel, int8 (N, C, ...)."""
    x = operands[0].to(torch.int64)
    exponentials = torch.tensor(operation.table)[255 + x - x.amax(dim=1, keepdim=True)]
    half = 1 << (SUM_SHIFT - 1)
    sums = ((exponentials + half) >> SUM_SHIFT).sum(dim=1, keepdim=True)
    # Sums are in [2**19, 2**31): the exponent of float64 is the place of their highest bit.
    places = torch.frexp(sums.to(torch.float64)).exponent.to(torch.int64)
    reciprocal = _reciprocal(sums << (31 - places))
    shift = places - (SUM_FRACTION + 1) + 53
    product = exponentials * reciprocal + (1 << 30) + (torch.ones_like(shift) << shift)
    return torch.clamp((product >> (shift + 1)) + INT8_MIN, INT8_MIN, INT8_MAX).to(torch.int8)


def _reciprocal(divisor: torch.Tensor) -> torch.Tensor:
    """Return about `2**61 / divisor`, less than 2**31, for divisors in [2**30, 2**31).

    Newton's iteration for 1/d, with d in [1/2, 1) in 31 fractional bits and the estimates in 29.
    """
    estimate = _INTERCEPT + _product(divisor, torch.tensor(_SLOPE))
    for _ in range(_STEPS):
        error = _ONE - _product(divisor, estimate)
        estimate = estimate + (_product(estimate, error) << 2)
    return torch.clamp(estimate << 1, max=(1 << 31) - 1)


def _product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return `a * b / 2**31`, half rounded up."""
    return (a * b + (1 << 30)) >> 31
