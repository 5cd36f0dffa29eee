"""The parameters of an accelerator: one frozen, checked object from which every width follows.

The user says at most a budget; the compiler derives this object from a quantized network; the
gateware, the cycle model and the manifest read it. Nothing else is configured anywhere.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from amaranth.utils import ceil_log2

from isomac_hw.job import JobField, JobLayout
from isomac_hw.plain_data import check_array, check_fields, check_layout
from isomac_hw.softmax_parameters import SoftmaxParameters

#: What an array can have besides multiply-accumulate; each leaves no gates where it is absent.
FEATURES = (
    "dense",
    "depthwise",
    "max",
    "add",
    "aligned_add",
    "lane_sum",
    "double_rounding",
    "lookup",
    "softmax",
)
MODES = ("fixed", "programmable")


@dataclass(frozen=True, kw_only=True)
class AcceleratorParameters:
    """Everything that distinguishes one accelerator from another.

    Parameters
    ----------
    mode
        ``"fixed"`` (program and constants in ROM) or ``"programmable"`` (loaded through the load
        port).
    tile_rows, tile_columns
        The pixel lanes: a tile of P = tile_rows * tile_columns outputs of one plane.
    channel_lanes
        M: channels of a word, and multiply-accumulate units of a pixel lane.
    requant_lanes
        R: channels that leave the array in one cycle, at most M.
    banks
        B: activation words read in one cycle, a power of two.
    window_columns
        Words of a window row: the longest segment, (tile_columns - 1) * stride + taps.
    input_channels
        Channels of a pixel that the input stream can bring, ascending; see
        :class:`isomac_hw.input_store.Packing`.
    strides
        Horizontal strides that the window can take, ascending.
    features
        Subset of :data:`FEATURES`, in that order.
    activation_depth, weight_depth, requant_depth, program_depth
        Memory depths in words of M bytes, words of M weights, rows of R parameters, and jobs.
    accumulator_bits
        Signed width that holds every partial sum of raw products.
    bias_bits, sum_bits
        Signed widths of the bias, and of accumulator + bias.
    multiplier_bits
        Unsigned width of the multiplier.
    shift_min, shift_bits
        Right shifts run from ``shift_min`` to ``shift_min + 2 ** shift_bits - 1``; at least 1.
    overlap_input
        Whether the next input may arrive while the array still works on this one.
    lookup_tables
        Tables of 256 bytes, where bytes can go through one.
    softmax
        Of the softmax unit, where there is one.
    job_layout
        Bits of a program row.

    Raises
    ------
    ValueError
        With one sentence, if the parameters contradict each other.
    """

    mode: str
    tile_rows: int
    tile_columns: int
    channel_lanes: int
    requant_lanes: int
    banks: int
    window_columns: int
    input_channels: tuple[int, ...]
    strides: tuple[int, ...]
    features: tuple[str, ...]
    activation_depth: int
    weight_depth: int
    requant_depth: int
    program_depth: int
    accumulator_bits: int
    bias_bits: int
    sum_bits: int
    multiplier_bits: int
    shift_min: int
    shift_bits: int
    overlap_input: bool = False
    lookup_tables: int = 0
    softmax: SoftmaxParameters | None = None
    job_layout: JobLayout

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"Mode must be one of {', '.join(MODES)}, not {self.mode!r}")
        for name in (
            "tile_rows",
            "tile_columns",
            "channel_lanes",
            "requant_lanes",
            "banks",
            "activation_depth",
            "weight_depth",
            "requant_depth",
            "program_depth",
            "multiplier_bits",
            "shift_min",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)!r}")
        if self.requant_lanes > self.channel_lanes:
            raise ValueError(
                f"Requantization lanes must be at most the {self.channel_lanes} channel lanes, "
                f"not {self.requant_lanes}"
            )
        if self.banks & (self.banks - 1):
            raise ValueError(f"Banks must be a power of two, not {self.banks}")
        if self.activation_depth % self.banks:
            raise ValueError(
                f"Activation depth must be a multiple of the {self.banks} banks, "
                f"not {self.activation_depth}"
            )
        if not self.strides or list(self.strides) != sorted(set(self.strides)):
            raise ValueError(f"Strides must be ascending and not empty, not {self.strides!r}")
        if not self.input_channels or list(self.input_channels) != sorted(set(self.input_channels)):
            raise ValueError(
                f"Input channels must be ascending and not empty, not {self.input_channels!r}"
            )
        if not 1 <= self.input_channels[0] <= self.input_channels[-1] <= self.channel_lanes:
            raise ValueError(
                f"Input channels must be in 1..{self.channel_lanes}, not {self.input_channels!r}"
            )
        if self.features != tuple(f for f in FEATURES if f in self.features):
            raise ValueError(
                f"Features must be a subset of {', '.join(FEATURES)} in that order, "
                f"not {self.features!r}"
            )
        shortest = (self.tile_columns - 1) * self.strides[-1] + 1
        if self.window_columns < shortest:
            raise ValueError(
                f"Window must hold {shortest} words, the distance of the outermost pixel lanes, "
                f"not {self.window_columns}"
            )
        if ("softmax" in self.features) != (self.softmax is not None):
            raise ValueError("Softmax must have parameters just where it is a feature")
        if ("lookup" in self.features) != (self.lookup_tables > 0):
            raise ValueError(
                f"There must be lookup tables just where lookup is a feature, "
                f"not {self.lookup_tables!r}"
            )
        if {"add", "aligned_add"} & set(self.features) and self.accumulator_bits < 17:
            raise ValueError(
                f"Accumulator must have 17 bits to hold two operands, not {self.accumulator_bits}"
            )

    def has(self, feature: str) -> bool:
        """Whether the hardware has ``feature``."""
        return feature in self.features

    @property
    def pixel_lanes(self) -> int:
        """P."""
        return self.tile_rows * self.tile_columns

    @property
    def multipliers(self) -> int:
        """P * M, the multipliers of the array; those of the requantizers come on top."""
        return self.pixel_lanes * self.channel_lanes

    @property
    def drain_steps(self) -> int:
        """Cycles in which the M sums of one pixel leave through R lanes."""
        return -(-self.channel_lanes // self.requant_lanes)

    @property
    def address_bits(self) -> int:
        """Width of activation addresses: a bit more than the depth needs, so that overruns show."""
        return ceil_log2(self.activation_depth) + 1

    @property
    def weight_address_bits(self) -> int:
        """Width of weight addresses, overruns included."""
        return ceil_log2(self.weight_depth) + 1

    @property
    def requant_address_bits(self) -> int:
        """Width of requantization row addresses, overruns included."""
        return ceil_log2(self.requant_depth) + 1

    @property
    def requant_row_bits(self) -> int:
        """Width of a row: R times (bias, multiplier, shift)."""
        return self.requant_lanes * (self.bias_bits + self.multiplier_bits + self.shift_bits)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the manifest."""
        out = asdict(self)
        out["job_layout"] = [asdict(field) for field in self.job_layout.fields]
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "AcceleratorParameters":
        """The inverse of :meth:`to_dict`, from JSON.

        Raises
        ------
        ValueError
            If fields are missing, unknown, of another type, out of range or contradictory.
        """
        try:
            # Fields with a default are no exception: what is missing was not written by to_dict.
            values = {field.name: data[field.name] for field in fields(cls)} | dict(data)
            check_fields(cls, values)
            check_array(values)
            for field in values["job_layout"]:
                check_fields(JobField, field)
            layout = JobLayout(tuple(JobField(**field) for field in values.pop("job_layout")))
            check_layout(layout.fields)
            values["input_channels"] = tuple(values["input_channels"])
            values["strides"] = tuple(values["strides"])
            values["features"] = tuple(values["features"])
            if values["softmax"] is not None:
                check_fields(SoftmaxParameters, values["softmax"])
                values["softmax"] = SoftmaxParameters(**values["softmax"])
            return cls(job_layout=layout, **values)
        except (TypeError, KeyError) as error:
            raise ValueError(f"Accelerator parameters are incomplete or unknown: {error}") from None
