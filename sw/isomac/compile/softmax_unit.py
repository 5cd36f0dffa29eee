"""The softmax unit: what follows from the softmax layers of a network, and whether one will do."""

from collections.abc import Sequence

from isomac.compile.work import SoftmaxWork
from isomac.errors import IsomacError
from isomac_hw import newton
from isomac_hw.softmax_parameters import SoftmaxParameters


def derive_unit(
    layers: Sequence[SoftmaxWork], channel_lanes: int, address_bits: int
) -> SoftmaxParameters:
    """Parameters of the unit for all softmax layers of a network.

    Raises
    ------
    IsomacError
        If two layers need different methods or tables, or constants are out of the unit's range.
    """
    first = layers[0]
    for other in layers[1:]:
        if other.method != first.method:
            raise IsomacError(
                "all softmax layers of a network must find the reciprocal in the same way: "
                "the softmax unit either divides or does Newton's iteration"
            )
        same = (other.reciprocal_bits, other.shift) == (first.reciprocal_bits, first.shift)
        if not same or (other.table != first.table).any():
            raise IsomacError(
                "all softmax layers of a network must have inputs of the same scale: "
                "the softmax unit has one table"
            )
    largest = int(first.table.max())
    channels = max(work.source.layout.channels for work in layers)
    pixels = max(work.source.layout.plane_words for work in layers)
    channels_bits = max(1, (channels - 1).bit_length())
    pixels_bits = max(1, (pixels - 1).bit_length())
    if first.method == "newton":
        return SoftmaxParameters.newton(
            channel_lanes=channel_lanes,
            address_bits=address_bits,
            channels_bits=channels_bits,
            pixels_bits=pixels_bits,
            sum_bits=newton.rounded_sum([largest] * channels).bit_length(),
        )
    table_bits = max(1, largest.bit_length())
    try:
        return SoftmaxParameters(
            channel_lanes=channel_lanes,
            address_bits=address_bits,
            channels_bits=channels_bits,
            pixels_bits=pixels_bits,
            table_bits=table_bits,
            sum_bits=max(table_bits, (channels * largest).bit_length()),
            reciprocal_bits=first.reciprocal_bits,
            shift=first.shift,
            table_peak=int(first.table[255]),
        )
    except ValueError as error:
        raise IsomacError(f"the hardware cannot do this softmax: {error}") from None


def shortages(has: SoftmaxParameters, wanted: SoftmaxParameters) -> list[str]:
    """What a unit is short of for a network that wants another one."""
    if has.method != wanted.method:
        # Nothing else can be compared.
        return [f"softmax method (has {has.method}, needs {wanted.method})"]
    short = [
        f"softmax {name} (has {getattr(has, name)}, needs {getattr(wanted, name)})"
        for name in ("channels_bits", "pixels_bits", "table_bits", "sum_bits")
        if getattr(wanted, name) > getattr(has, name)
    ]
    short += [
        f"softmax {name} (has {getattr(has, name)}, needs {getattr(wanted, name)})"
        for name in ("reciprocal_bits", "shift")
        if getattr(wanted, name) != getattr(has, name)
    ]
    if wanted.table_peak < has.table_peak:
        short.append("softmax table_peak")
    return short
