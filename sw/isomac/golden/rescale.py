"""From accumulators back to int8."""

import torch

_INT32_LIMIT = 1 << 31


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
) -> torch.Tensor:
    """Return `clamp(((acc * multiplier + (1 << (shift - 1))) >> shift) + zero_point)` as int8.

    Parameters
    ----------
    accumulator
        int64, any shape, magnitude below 2**31.
    multiplier, shift
        int64, of shapes that broadcast with `accumulator`.
    zero_point, quant_min, quant_max
        Of the result.
    """
    half = torch.bitwise_left_shift(torch.ones_like(shift), shift - 1)
    scaled = torch.bitwise_right_shift(accumulator * multiplier + half, shift)
    return torch.clamp(scaled + zero_point, quant_min, quant_max).to(torch.int8)


def per_channel(constants: torch.Tensor, rank: int) -> torch.Tensor:
    """Return constants (O) in a shape that broadcasts over a batch (N, O, ...) of this rank."""
    return constants.reshape(1, -1, *[1] * (rank - 2))
