"""The accelerators of the random proof: arrays of odd and even, tall and wide, single lanes."""

from dataclasses import dataclass

from isomac.compile.requirements import PROGRAMMABLE_WIDTHS
from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError
from isomac_hw.job import FIELD_NAMES, JobLayout
from isomac_hw.newton import SUM_BITS_MAX
from isomac_hw.parameters import FEATURES, AcceleratorParameters
from isomac_hw.softmax_parameters import SoftmaxParameters

#: Bytes of the memories.
ACTIVATION_BYTES = 8192
WEIGHT_BYTES = 32768
#: Rows of requantization parameters at R = 1, and jobs.
REQUANT_CHANNELS = 1024
JOBS = 128
#: Different tables of one graph.
LOOKUP_TABLES = 4
#: Sums are int32, the graph's limit; the bias comes on top.
ACCUMULATOR_BITS = 32
#: Job fields that are wider here than in other programmable accelerators.
WIDER = {"stride": 2, "packing": 4, "launch_delay": 10, "channels": 11}


@dataclass(frozen=True)
class FuzzShape:
    """A programmable accelerator that most small graphs fit.

    Parameters
    ----------
    array
        Lanes and banks.
    strides
        Horizontal strides of the window, ascending.
    spare_columns
        Words of the window beyond the distance of its outermost lanes at the largest stride. With
        few of them, kernel rows are cut into segments.
    overlap_input
        Whether the next input arrives while the array works; the inputs of a case then run back to
        back as well.
    softmax_method, reciprocal_bits, softmax_shift
        Of the softmax unit; all of a graph's softmax layers have them. The latter two count for
        division only.
    activation_bytes, weight_bytes
        Sizes of the memories; wider words leave fewer of them.
    """

    array: ArrayShape
    strides: tuple[int, ...] = (1, 2, 3)
    spare_columns: int = 5
    overlap_input: bool = False
    softmax_method: str = "division"
    reciprocal_bits: int = 32
    softmax_shift: int = 24
    activation_bytes: int = ACTIVATION_BYTES
    weight_bytes: int = WEIGHT_BYTES

    @property
    def name(self) -> str:
        """Such as `2x3-m4-r2-b8`: tile, channel lanes, requantization lanes, banks."""
        a = self.array
        return f"{a.tile_rows}x{a.tile_columns}-m{a.channel_lanes}-r{a.requant_lanes}-b{a.banks}"

    @property
    def parameters(self) -> AcceleratorParameters:
        """Generous ones: every feature, the widest arithmetic, room for some tensors."""
        a = self.array
        lanes = a.channel_lanes
        activation_depth = _power_of_two(max(self.activation_bytes // lanes, a.banks))
        weight_depth = _power_of_two(self.weight_bytes // lanes)
        requant_depth = _power_of_two(REQUANT_CHANNELS // a.requant_lanes)
        address_bits = (activation_depth - 1).bit_length() + 1
        return AcceleratorParameters(
            mode="programmable",
            tile_rows=a.tile_rows,
            tile_columns=a.tile_columns,
            channel_lanes=lanes,
            requant_lanes=a.requant_lanes,
            banks=a.banks,
            window_columns=(a.tile_columns - 1) * self.strides[-1] + self.spare_columns,
            input_channels=tuple(range(1, lanes + 1)),
            strides=self.strides,
            features=FEATURES,
            activation_depth=activation_depth,
            weight_depth=weight_depth,
            requant_depth=requant_depth,
            program_depth=JOBS,
            accumulator_bits=ACCUMULATOR_BITS,
            bias_bits=ACCUMULATOR_BITS,
            sum_bits=ACCUMULATOR_BITS + 1,
            multiplier_bits=31,
            shift_min=1,
            shift_bits=6,
            overlap_input=self.overlap_input,
            lookup_tables=LOOKUP_TABLES,
            softmax=self._softmax(address_bits),
            job_layout=_job_layout(address_bits, weight_depth, requant_depth),
        )

    def _softmax(self, address_bits: int) -> SoftmaxParameters:
        lanes = self.array.channel_lanes
        if self.softmax_method == "newton":
            return SoftmaxParameters.newton(
                channel_lanes=lanes,
                address_bits=address_bits,
                channels_bits=11,
                pixels_bits=8,
                sum_bits=SUM_BITS_MAX,
            )
        return SoftmaxParameters(
            channel_lanes=lanes,
            address_bits=address_bits,
            channels_bits=11,
            pixels_bits=8,
            table_bits=17,
            sum_bits=28,
            reciprocal_bits=self.reciprocal_bits,
            shift=self.softmax_shift,
        )


def _shape(rows: int, columns: int, m: int, r: int, b: int) -> ArrayShape:
    return ArrayShape(
        tile_rows=rows, tile_columns=columns, channel_lanes=m, requant_lanes=r, banks=b
    )


#: All of them. Small arrays have the corners of large ones and build in seconds.
SHAPES = (
    FuzzShape(_shape(1, 1, 1, 1, 1), spare_columns=3),
    FuzzShape(_shape(1, 1, 4, 2, 2), strides=(1, 2, 3, 4)),
    FuzzShape(_shape(1, 3, 3, 1, 4), overlap_input=True),
    FuzzShape(_shape(1, 8, 1, 1, 4), spare_columns=1, reciprocal_bits=17, softmax_shift=1),
    FuzzShape(_shape(5, 1, 2, 2, 1), spare_columns=2),
    FuzzShape(_shape(2, 2, 5, 3, 2), reciprocal_bits=20, softmax_shift=20),
    FuzzShape(_shape(3, 2, 4, 4, 8), strides=(1, 2), overlap_input=True),
    FuzzShape(_shape(1, 5, 3, 2, 16), spare_columns=7, reciprocal_bits=31, softmax_shift=8),
    FuzzShape(_shape(4, 1, 3, 3, 4), spare_columns=1),
    FuzzShape(_shape(2, 3, 2, 1, 2), spare_columns=4, overlap_input=True),
    FuzzShape(_shape(1, 2, 8, 4, 8), spare_columns=3),
    FuzzShape(_shape(3, 3, 2, 2, 4), strides=(1, 3), spare_columns=2),
    FuzzShape(_shape(2, 1, 3, 2, 2), softmax_method="newton", overlap_input=True),
    FuzzShape(_shape(1, 2, 6, 6, 4), spare_columns=3, softmax_method="newton"),
)
_BY_NAME = {shape.name: shape for shape in SHAPES}


def find_shape(name: str) -> FuzzShape:
    """The shape of this name.

    Raises
    ------
    IsomacError
        If there is none.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise IsomacError(f"the shape must be one of {', '.join(_BY_NAME)}, not {name!r}") from None


def _power_of_two(value: int) -> int:
    return 1 << (value - 1).bit_length()


def _job_layout(address_bits: int, weight_depth: int, requant_depth: int) -> JobLayout:
    """Every job field in its full width."""
    widths: dict[str, int] = {}
    for name in FIELD_NAMES:
        for start, width in PROGRAMMABLE_WIDTHS.items():
            if name.startswith(start):
                widths[name] = width
        if name.startswith(("address_", "input_base", "output_", "plane_stride")):
            widths[name] = address_bits
    widths |= WIDER
    widths["kind"] = 2
    widths["weight_base"] = (weight_depth - 1).bit_length()
    widths["requant_base"] = (requant_depth - 1).bit_length()
    return JobLayout.derive((), fixed=False, at_least=widths)
