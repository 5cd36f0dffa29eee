"""From accumulators back to int8."""

import torch

_INT32_LIMIT = 1 << 31

#: Where the first of two roundings takes place, and half of a step there.
_FIRST_SHIFT = 31
_FIRST_HALF = 1 << 30


def exact_accumulator(sums: torch.Tensor) -> torch.Tensor:
    """Return float64 sums of integers as the int64 numbers they are.

    The graph was verified, so that no sum and no partial sum leaves int32, and float64 holds every
    integer below 2**53 exactly, in whatever order the products are added.

    Raises
    ------
    OverflowError
        If a sum is outside int32.
    """
    if sums.numel() and float(sums.abs().max()) >= _INT32_LIMIT:
        raise OverflowError("an accumulator left int32 in a verified graph")
    return sums.to(torch.int64)


def rescale(
    accumulator: torch.Tensor,
    multiplier: torch.Tensor,
    shift: torch.Tensor,
    zero_point: int,
    quant_min: int,
    quant_max: int,
    rounding: str = "single",
) -> torch.Tensor:
    """Return `clamp(scaled(...) + zero_point, quant_min, quant_max)` as int8, see `scaled`.

    Parameters
    ----------
    accumulator
        int64, any shape, magnitude below 2**31.
    multiplier, shift
        int64, of shapes that broadcast with `accumulator`.
    zero_point, quant_min, quant_max
        Of the result.
    rounding
        One of `isomac.graph.limits.ROUNDINGS`.
    """
    places = scaled(accumulator, multiplier, shift, rounding)
    return torch.clamp(places + zero_point, quant_min, quant_max).to(torch.int8)


def scaled(
    accumulator: torch.Tensor, multiplier: torch.Tensor, shift: torch.Tensor, rounding: str
) -> torch.Tensor:
    """Return `(acc * multiplier + half) >> shift` as int64.

    `half` is `1 << (shift - 1)`. With double rounding, where the shift is above 31, it is 2**30
    more for a product from 0 on and 2**30 less for one below: what two roundings, half up at bit 31
    and then half away from zero, come to.
    """
    product = accumulator * multiplier
    half = torch.bitwise_left_shift(torch.ones_like(shift), shift - 1)
    if rounding == "double":
        nudge = torch.where(product < 0, -_FIRST_HALF, _FIRST_HALF)
        half = half + torch.where(shift > _FIRST_SHIFT, nudge, 0)
    return torch.bitwise_right_shift(product + half, shift)


def per_channel(constants: torch.Tensor, rank: int) -> torch.Tensor:
    """Return constants (O) in a shape that broadcasts over a batch (N, O, ...) of this rank."""
    return constants.reshape(1, -1, *[1] * (rank - 2))
