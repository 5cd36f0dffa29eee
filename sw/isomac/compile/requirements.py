"""What a compiled graph asks of the hardware: what follows from it, or whether it fits."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from isomac.compile.shape import ArrayShape
from isomac.compile.softmax_unit import derive_unit, shortages
from isomac.compile.work import ArrayWork, Constants, SoftmaxWork, Work, features_of
from isomac.errors import IsomacError
from isomac.graph.accumulator import signed_bits
from isomac_hw.job import Job, JobLayout
from isomac_hw.parameters import FEATURES, AcceleratorParameters
from isomac_hw.softmax_parameters import SoftmaxParameters


@dataclass(frozen=True)
class Requirements:
    """The needs of one graph on an array of one shape.

    Parameters
    ----------
    shape, window_columns, strides
        Of the array and its window.
    input_channels
        Packings of the input stream.
    overlap_input
        Whether the next input may arrive while the array works.
    lane_sum
        Whether pixel lanes share a sum anywhere.
    work, constants
        All work, and the constants of array work.
    activation_words, weight_words, requant_rows
        Memory depths.
    lookup_tables
        Different tables that bytes go through.
    jobs
        The jobs for addresses that count modulo a given range.
    """

    shape: ArrayShape
    window_columns: int
    strides: tuple[int, ...]
    input_channels: tuple[int, ...]
    overlap_input: bool
    lane_sum: bool
    work: list[Work]
    constants: list[Constants]
    activation_words: int
    weight_words: int
    requant_rows: int
    lookup_tables: int
    jobs: Callable[[int], list[Job]]

    @cached_property
    def features(self) -> tuple[str, ...]:
        """What the array must have, in the order of `FEATURES`."""
        found = features_of(self.work) | ({"lane_sum"} if self.lane_sum else set())
        return tuple(feature for feature in FEATURES if feature in found)

    @cached_property
    def accumulator_bits(self) -> int:
        """Signed width of the largest partial sum; what two operands take is among the extremes."""
        return max(signed_bits(c.raw_min, c.raw_max) for c in self.constants)

    @cached_property
    def bias_bits(self) -> int:
        return max(signed_bits(int(c.bias.min()), int(c.bias.max())) for c in self.constants)

    @cached_property
    def sum_bits(self) -> int:
        return max(signed_bits(c.total_min, c.total_max) for c in self.constants)

    @cached_property
    def multiplier_bits(self) -> int:
        first = max(int(c.multiplier.max()).bit_length() for c in self.constants)
        second = (w.multiplier_b.bit_length() for w in self.work if isinstance(w, ArrayWork))
        return max(1, first, *second)

    @cached_property
    def shifts(self) -> tuple[int, int]:
        """Smallest and largest shift; those of lanes without a channel do not count."""
        used = [c.shift[c.shift > 0] for c in self.constants]
        return min(int(s.min()) for s in used), max(int(s.max()) for s in used)

    def softmax(self, address_bits: int) -> SoftmaxParameters | None:
        """Parameters of the softmax unit, None without one.

        Raises
        ------
        IsomacError
            If the layers need different units, or one that cannot be.
        """
        layers = [work for work in self.work if isinstance(work, SoftmaxWork)]
        return derive_unit(layers, self.shape.channel_lanes, address_bits) if layers else None


#: Least widths of a programmable accelerator's job fields, by the start of the name.
PROGRAMMABLE_WIDTHS = {
    "words": 16,
    "stream_words": 16,
    "start_": 6,
    "chunks": 3,
    "blocks": 8,
    "columns": 4,
    "kernel_rows": 6,
    "channel_tiles": 8,
    "tile_": 10,
    "y_": 9,
    "x_": 13,
    "input_height": 8,
    "input_width": 12,
    "pad_value": 8,
    "taps": 4,
    "first_byte": 4,
    "last_byte": 4,
    "stride": 1,
    "rows_last": 3,
    "columns_last": 4,
    "steps_last": 4,
    "zero_point": 8,
    "left_shift": 5,
    "align_shift": 6,
    "align_half": 42,
    "lookup_table": 3,
    "quant_": 8,
    "multiplier_b": 32,  # a signed field for multipliers of 31 bits
    "launch_delay": 7,
    "channels": 10,
}
#: Least widths of its arithmetic, which hold most networks of a few hundred channels.
PROGRAMMABLE_ACCUMULATOR_BITS = 24
PROGRAMMABLE_MULTIPLIER_BITS = 31
#: Least number of its lookup tables, where it has any.
PROGRAMMABLE_LOOKUP_TABLES = 4


def derive_parameters(needs: Requirements, mode: str) -> AcceleratorParameters:
    """The parameters that follow from a graph.

    A fixed accelerator is as narrow as the graph allows. A programmable one gets memories of the
    next power of two and the widths above, so that other networks find room.
    """
    shape = needs.shape
    low, high = needs.shifts
    programmable = mode == "programmable"
    activation_depth = -(-needs.activation_words // shape.banks) * shape.banks
    weight_depth, requant_depth = needs.weight_words, needs.requant_rows
    jobs = len(needs.jobs(1))
    accumulator_bits, bias_bits, sum_bits = (
        needs.accumulator_bits,
        needs.bias_bits,
        needs.sum_bits,
    )
    multiplier_bits = needs.multiplier_bits
    lookup_tables = needs.lookup_tables
    at_least: dict[str, int] = {}
    if programmable:
        activation_depth = max(shape.banks, _power_of_two(activation_depth))
        weight_depth, requant_depth = _power_of_two(weight_depth), _power_of_two(requant_depth)
        jobs = max(64, _power_of_two(jobs))
        accumulator_bits = max(accumulator_bits, PROGRAMMABLE_ACCUMULATOR_BITS)
        bias_bits = max(bias_bits, PROGRAMMABLE_ACCUMULATOR_BITS)
        sum_bits = max(sum_bits, PROGRAMMABLE_ACCUMULATOR_BITS + 1)
        multiplier_bits = max(multiplier_bits, PROGRAMMABLE_MULTIPLIER_BITS)
        if lookup_tables:
            lookup_tables = max(PROGRAMMABLE_LOOKUP_TABLES, _power_of_two(lookup_tables))
        low, high = max(1, low - 4), min(62, high + 4)
        at_least = _programmable_widths(activation_depth, weight_depth, requant_depth)
    address_bits = (activation_depth - 1).bit_length() + 1
    return AcceleratorParameters(
        mode=mode,
        tile_rows=shape.tile_rows,
        tile_columns=shape.tile_columns,
        channel_lanes=shape.channel_lanes,
        requant_lanes=shape.requant_lanes,
        banks=shape.banks,
        window_columns=needs.window_columns,
        strides=needs.strides,
        input_channels=needs.input_channels,
        features=needs.features,
        activation_depth=activation_depth,
        weight_depth=weight_depth,
        requant_depth=requant_depth,
        program_depth=jobs,
        overlap_input=needs.overlap_input,
        accumulator_bits=accumulator_bits,
        bias_bits=bias_bits,
        sum_bits=sum_bits,
        multiplier_bits=multiplier_bits,
        shift_min=low,
        shift_bits=max(1, (high - low).bit_length()),
        lookup_tables=lookup_tables,
        softmax=needs.softmax(address_bits),
        job_layout=JobLayout.derive(
            needs.jobs(1 << address_bits), fixed=not programmable, at_least=at_least
        ),
    )


def _power_of_two(value: int) -> int:
    return 1 << (value - 1).bit_length()


def _programmable_widths(
    activation_depth: int, weight_depth: int, requant_depth: int
) -> dict[str, int]:
    """Least width of every job field of a programmable accelerator."""
    address_bits = (activation_depth - 1).bit_length() + 1
    widths = {}
    for name in Job.__dataclass_fields__:
        for start, width in PROGRAMMABLE_WIDTHS.items():
            if name.startswith(start):
                widths[name] = width
        if name.startswith(("address_", "input_base", "output_", "plane_stride")):
            widths[name] = address_bits
    widths["weight_base"] = (weight_depth - 1).bit_length() or 1
    widths["requant_base"] = (requant_depth - 1).bit_length() or 1
    widths["kind"] = 2
    return widths


def check_fits(needs: Requirements, parameters: AcceleratorParameters) -> None:
    """Check that existing hardware has what a graph asks for.

    Raises
    ------
    IsomacError
        Naming everything that is short.
    """
    p = parameters
    low, high = needs.shifts
    short = [
        f"{what} (has {has}, needs {need})"
        for what, has, need in (
            ("activation memory words", p.activation_depth, needs.activation_words),
            ("weight memory words", p.weight_depth, needs.weight_words),
            ("requantization rows", p.requant_depth, needs.requant_rows),
            ("program rows", p.program_depth, len(needs.jobs(1))),
            ("lookup tables", p.lookup_tables, needs.lookup_tables),
            ("accumulator bits", p.accumulator_bits, needs.accumulator_bits),
            ("bias bits", p.bias_bits, needs.bias_bits),
            ("sum bits", p.sum_bits, needs.sum_bits),
            ("multiplier bits", p.multiplier_bits, needs.multiplier_bits),
            ("largest shift", p.shift_min + (1 << p.shift_bits) - 1, high),
        )
        if need > has
    ]
    if low < p.shift_min:
        short.append(f"smallest shift (has {p.shift_min}, needs {low})")
    missing = [feature for feature in needs.features if not p.has(feature)]
    short += [f"the feature {feature}" for feature in missing]
    if p.softmax is not None and not missing:
        wanted = needs.softmax(p.address_bits)
        if wanted is not None:
            short += shortages(p.softmax, wanted)
    if short:
        raise IsomacError(
            f"the network does not fit the hardware, which is short of {'; '.join(short)}"
        )
