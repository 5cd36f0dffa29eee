"""A job, the one instruction of the core, and the layout of its bits in the program memory.

A job is a set of integers. Which of them a job needs depends on its kind; the others stay ``None``
("not read"). :class:`JobLayout` gives every field the width that a set of jobs needs. With
``fixed`` a field that has the same value in every job that reads it takes no bits at all: it
becomes a constant of the gateware.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cached_property

from amaranth.hdl import Const, Module, Shape, Signal, Value, ValueLike


class Kind(IntEnum):
    """What a job does."""

    INPUT = 0
    ARRAY = 1
    SOFTMAX = 2
    OUTPUT = 3


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. Counts are stored as count - 1, so that no job can loop zero times.

    Addresses and address steps count words of the activation memory, modulo its address range. The
    loops of the loader nest are, innermost first: chunk, row, block, column, kernel_row,
    channel_tile, tile_column, tile_row; ``address_<loop>`` is what the address gains when that loop
    advances and all inside it wrap.

    Members
    -------
    kind, ends_layer, ends_program
        What to do, and what ends with it.
    words
        Stream jobs and softmax: number of words (pixels for softmax), minus one.
    stream_words, packing
        Input: words of the stream minus one, index into ``AcceleratorParameters.input_channels``.
    input_base, output_base
        First word read (of the window's first row, padding included), first word written.
    start_y, start_x
        Map coordinates of the first word read; negative inside the padding.
    chunks, blocks, columns, kernel_rows, channel_tiles, tile_columns, tile_rows
        Loop counts, minus one.
    address_row ... address_tile_row
        Steps of the address.
    y_row, y_block, y_kernel_row, y_channel_tile, y_tile_row
        Steps of the map row; ``y_block`` also serves columns, ``y_channel_tile`` also tile columns.
    x_row, x_block, x_column, x_kernel_row, x_channel_tile, x_tile_column, x_tile_row
        Steps of the map column.
    input_height, input_width, pad_value
        The map; what is outside reads as ``pad_value``.
    dense, reduce_max, add
        Whether one byte is broadcast over the channel lanes, whether sums are maxima, whether the
        accumulator holds two operands (see ARCHITECTURE.md, section 2).
    taps, taps_last
        Kernel columns of one segment, and of the last column group, minus one.
    first_byte, last_byte
        Dense: the first byte of the first block and the last byte of the last block.
    stride
        Index into ``AcceleratorParameters.strides``.
    weight_base, weight_restart
        First weight word; whether every channel tile uses the same weights.
    output_row, output_plane, output_tile_column, output_tile_row
        Address steps of the output: next row, next plane, next tile, next row of tiles.
    linear
        The rows of a tile continue each other, so that its P pixels lie in one line: only the last
        tile is partial, and only in its last row.
    lane_sum
        The pixel lanes share one reduction: the sums of a tile's pixels are added up as they drain,
        and make one word.
    rows_last, columns_last, steps_last
        Valid rows, columns and drain steps in the last tile of each direction, minus one.
    requant_base
        First row of the requantization memory.
    zero_point, quant_min, quant_max
        Of the output.
    double_rounding
        Whether products are rounded twice, see :mod:`isomac_hw.requantizer`.
    zero_point_b, multiplier_b
        Of the second operand of an addition.
    aligned, left_shift, align_shift, align_half, align_half_negative
        Whether the accumulator holds two operands, the second of which is aligned with the first,
        and how: see :class:`isomac_hw.requantizer.Alignment`.
    lookup, lookup_table
        Whether bytes go through a table, and the index of the table.
    launch_delay
        Cycles from the last step of the job's last tile to the launch of the next job;
        0 if the next job must wait for the end. See :class:`isomac_hw.sequencer.Sequencer`.
    frees_input
        The input is used up when the last step of this job is issued: the next one may arrive.
    plane_stride, channels
        Softmax: words between planes, and channels minus one.
    """

    kind: int
    ends_layer: int = 0
    ends_program: int = 0
    words: int | None = None
    stream_words: int | None = None
    packing: int | None = None
    input_base: int | None = None
    output_base: int | None = None
    start_y: int | None = None
    start_x: int | None = None
    chunks: int | None = None
    blocks: int | None = None
    columns: int | None = None
    kernel_rows: int | None = None
    channel_tiles: int | None = None
    tile_columns: int | None = None
    tile_rows: int | None = None
    address_row: int | None = None
    address_block: int | None = None
    address_column: int | None = None
    address_kernel_row: int | None = None
    address_channel_tile: int | None = None
    address_tile_column: int | None = None
    address_tile_row: int | None = None
    y_row: int | None = None
    y_block: int | None = None
    y_kernel_row: int | None = None
    y_channel_tile: int | None = None
    y_tile_row: int | None = None
    x_row: int | None = None
    x_block: int | None = None
    x_column: int | None = None
    x_kernel_row: int | None = None
    x_channel_tile: int | None = None
    x_tile_column: int | None = None
    x_tile_row: int | None = None
    input_height: int | None = None
    input_width: int | None = None
    pad_value: int | None = None
    dense: int | None = None
    reduce_max: int | None = None
    add: int | None = None
    taps: int | None = None
    taps_last: int | None = None
    first_byte: int | None = None
    last_byte: int | None = None
    stride: int | None = None
    weight_base: int | None = None
    weight_restart: int | None = None
    output_row: int | None = None
    output_plane: int | None = None
    output_tile_column: int | None = None
    output_tile_row: int | None = None
    linear: int | None = None
    lane_sum: int | None = None
    rows_last: int | None = None
    columns_last: int | None = None
    steps_last: int | None = None
    requant_base: int | None = None
    zero_point: int | None = None
    quant_min: int | None = None
    quant_max: int | None = None
    double_rounding: int | None = None
    zero_point_b: int | None = None
    multiplier_b: int | None = None
    aligned: int | None = None
    left_shift: int | None = None
    align_shift: int | None = None
    align_half: int | None = None
    align_half_negative: int | None = None
    lookup: int | None = None
    lookup_table: int | None = None
    launch_delay: int | None = None
    frees_input: int | None = None
    plane_stride: int | None = None
    channels: int | None = None

    def values(self) -> dict[str, int]:
        """The fields that this job gives."""
        return {name: value for name, value in vars(self).items() if value is not None}


FIELD_NAMES = tuple(field.name for field in fields(Job))

#: Two's-complement fields; all others are unsigned.
SIGNED = frozenset(
    name
    for name in FIELD_NAMES
    if name.startswith(("y_", "x_", "start_", "quant_", "zero_point"))
    or name in ("pad_value", "multiplier_b")
)


def bits_for(value: int, signed: bool) -> int:
    """Smallest width that holds ``value``, at least 1."""
    if signed:
        return (value if value >= 0 else ~value).bit_length() + 1
    return max(1, value.bit_length())


@dataclass(frozen=True)
class JobField:
    """Where a field lies: ``width`` bits from ``offset``, or nowhere: it is always ``constant``."""

    name: str
    offset: int
    width: int
    constant: int | None = None

    @property
    def signed(self) -> bool:
        return self.name in SIGNED


@dataclass(frozen=True)
class JobLayout:
    """Bits of one row of the program memory."""

    fields: tuple[JobField, ...]

    @classmethod
    def derive(
        cls, jobs: Iterable[Job], *, fixed: bool, at_least: Mapping[str, int] | None = None
    ) -> "JobLayout":
        """The narrowest layout that holds ``jobs``.

        Parameters
        ----------
        jobs
            All jobs that must fit.
        fixed
            Turn a field with one value into a constant.
        at_least
            Least width of a field, by name, for programs to come; ignored where ``fixed``.
        """
        columns = list(zip(*(vars(job).values() for job in jobs), strict=True))
        out, offset = [], 0
        for name, column in zip(FIELD_NAMES, columns or [()] * len(FIELD_NAMES), strict=True):
            found: set[int] = set(column) - {None}
            if fixed and len(found) <= 1:
                out.append(JobField(name, 0, 0, next(iter(found), 0)))
                continue
            width = max((bits_for(value, name in SIGNED) for value in found), default=1)
            if not fixed:
                width = max(width, (at_least or {}).get(name, 1))
            out.append(JobField(name, offset, width))
            offset += width
        return cls(tuple(out))

    @cached_property
    def width(self) -> int:
        """Bits of a row, at least 1."""
        return max(1, sum(field.width for field in self.fields))

    def pack(self, job: Job) -> int:
        """The row of ``job`` as an unsigned integer.

        Raises
        ------
        ValueError
            If a value does not fit its field.
        """
        row = 0
        for field in self.fields:
            value = getattr(job, field.name)
            if value is None:
                continue
            if field.constant is not None:
                if value != field.constant:
                    raise ValueError(
                        f"Job field {field.name} must be {field.constant}, the constant of this "
                        f"hardware, not {value}"
                    )
                continue
            if (value < 0 and not field.signed) or bits_for(value, field.signed) > field.width:
                raise ValueError(
                    f"Job field {field.name} must fit {field.width} bits, but {value} does not"
                )
            row |= (value & ((1 << field.width) - 1)) << field.offset
        return row

    def view(self, row: ValueLike) -> "JobView":
        """The fields of a row of bits, as Amaranth values."""
        return JobView.of(self, Value.cast(row))


class JobView:
    """A row of the program memory, read field by field: ``view.taps``."""

    def __init__(self, values: Mapping[str, Value]):
        self._values = dict(values)

    @classmethod
    def of(cls, layout: JobLayout, row: Value) -> "JobView":
        """All fields of a row with this layout."""
        values: dict[str, Value] = {}
        for field in layout.fields:
            if field.constant is not None:
                width = bits_for(field.constant, field.signed)
                values[field.name] = Const(field.constant, Shape(width, field.signed))
            else:
                value = row[field.offset : field.offset + field.width]
                values[field.name] = value.as_signed() if field.signed else value
        return cls(values)

    def __getattr__(self, name: str) -> Value:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None

    def hold(
        self,
        m: Module,
        load: ValueLike,
        names: Sequence[str] = FIELD_NAMES,
        prefix: str = "held",
    ) -> "JobView":
        """A copy of some fields in registers ``<prefix>_<field>``, taken in the cycle of ``load``.

        Constants stay constants.
        """
        held: dict[str, Value] = {}
        for name in names:
            value = getattr(self, name)
            held[name] = value
            if not isinstance(value, Const):
                held[name] = Signal(value.shape(), name=f"{prefix}_{name}")
                with m.If(load):
                    m.d.sync += held[name].eq(value)
        return JobView(held)
