"""Work: what one job does, before addresses are known.

Operators make it, the cycle model and the job builder read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from isomac.compile.layout import Layout
from isomac_hw.requantizer import Alignment


@dataclass(frozen=True)
class View:
    """A tensor in a buffer.

    Members
    -------
    buffer
        Name of the buffer.
    plane
        Where its first plane lies, in planes of its own size.
    layout
        How its channels lie.
    words
        Words on top of that, fewer than a plane has: in a buffer with planes of another size.
    """

    buffer: str
    plane: int
    layout: Layout
    words: int = 0

    @classmethod
    def at(cls, buffer: str, offset: int, layout: Layout) -> View:
        """The view that begins this many words from the start of the buffer."""
        plane, words = divmod(offset, layout.plane_words)
        return cls(buffer, plane, layout, words)

    @property
    def offset(self) -> int:
        """Words from the start of the buffer."""
        return self.plane * self.layout.plane_words + self.words


@dataclass(frozen=True)
class Segmentation:
    """How the kernel of an array job is cut into segments.

    Members
    -------
    kernel_rows, columns, taps, taps_last
        Kernel rows, column groups in each, and kernel columns of a group and of the last one.
    """

    kernel_rows: int
    columns: int
    taps: int
    taps_last: int

    @property
    def steps(self) -> int:
        """Steps of a plane-wise tile."""
        return self.kernel_rows * ((self.columns - 1) * self.taps + self.taps_last)


@dataclass(frozen=True)
class Constants:
    """Numbers that a job needs besides its descriptor.

    Parameters
    ----------
    weights
        int8 (words, M) in the order of use.
    bias, multiplier, shift
        int64, for each slot of the output from the job's first channel tile on.
    raw_min, raw_max
        Extremes of the accumulator.
    total_min, total_max
        Extremes of accumulator and bias added.
    """

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int64]
    multiplier: npt.NDArray[np.int64]
    shift: npt.NDArray[np.int64]
    raw_min: int
    raw_max: int
    total_min: int
    total_max: int


@dataclass(frozen=True, kw_only=True)
class ArrayWork:
    """One array job: a rectangle of outputs, a kernel, and channel tiles.

    Parameters
    ----------
    source, destination
        Where it reads and writes.
    source_plane, destination_plane
        First plane within them.
    dense
        Channel tiles share the input blocks (True), or tile t reads plane `source_plane` + t.
    channel_tiles
        Number of output planes.
    last_channels
        Slots of the last one.
    blocks, first_byte, last_byte
        Dense: input planes read, first byte of the first, last byte of the last.
    kernel, stride, dilation
        (y, x).
    origin
        Map coordinates (y, x) of the kernel's first tap for the first output: minus the padding.
    output_origin, output_size
        First output pixel (y, x), and how many rows and columns of them.
    pad_value
        What lies outside of the map.
    zero_point, quant_min, quant_max
        Of the output.
    constants
        Makes the constants, once it is known how the kernel is cut into segments.
    weight_restart
        All channel tiles use the same weights.
    reduce_max
        Maxima instead of sums.
    double_rounding
        Whether products are rounded twice.
    second
        The second operand of an add, with its zero point and multiplier.
    alignment
        How the second operand is brought to the scale of the first, if that comes first.
    table
        What bytes go through in the end, int8 (256), the entry of byte v at v modulo 256.
    """

    source: View
    destination: View
    dense: bool
    channel_tiles: int
    last_channels: int
    kernel: tuple[int, int]
    output_size: tuple[int, int]
    zero_point: int
    quant_min: int
    quant_max: int
    constants: Callable[[Segmentation], Constants]
    source_plane: int = 0
    destination_plane: int = 0
    blocks: int = 1
    first_byte: int = 0
    last_byte: int = 0
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    origin: tuple[int, int] = (0, 0)
    output_origin: tuple[int, int] = (0, 0)
    pad_value: int = 0
    weight_restart: bool = False
    reduce_max: bool = False
    second: View | None = None
    zero_point_b: int = 0
    multiplier_b: int = 0
    double_rounding: bool = False
    alignment: Alignment | None = None
    table: npt.NDArray[np.int8] | None = field(default=None, repr=False)

    @property
    def reads(self) -> tuple[View, ...]:
        """The views read."""
        return (self.source,) if self.second is None else (self.source, self.second)

    @property
    def pointwise(self) -> bool:
        """Each output pixel reads the same pixel only, and all of them are computed.

        The map may then be taken as one line of pixels, which fills tiles better.
        """
        # Kernel rows may be operands, and columns of dilation 0 read the same pixel again.
        one_pixel = (self.kernel[0] == 1 or self.second is not None) and (
            self.kernel[1] == 1 or self.dilation[1] == 0
        )
        source, output = self.source.layout, self.destination.layout
        whole = self.output_size == (source.height, source.width) == (output.height, output.width)
        return one_pixel and whole and self.stride == (1, 1) and self.origin == (0, 0)

    @property
    def sums_map(self) -> bool:
        """The one output is a sum over the whole map with the same weights everywhere.

        Any pixel lanes may then share the pixels.
        """
        source = self.source.layout
        return (
            self.weight_restart
            and not self.reduce_max
            and self.second is None
            and self.dilation[1] == 1
            and self.destination.layout.plane_words == 1
            and self.origin == (0, 0)
            and self.kernel == (source.height, source.width)
        )


@dataclass(frozen=True, kw_only=True)
class SoftmaxWork:
    """One softmax job over the channels of each pixel.

    Parameters
    ----------
    source, destination
        Where it reads and writes; no gaps between channels.
    zero_point
        Of the output.
    table
        The exponentials, int64 (256).
    method, reciprocal_bits, shift
        See :class:`isomac_hw.softmax_parameters.SoftmaxParameters`.
    """

    source: View
    destination: View
    zero_point: int
    table: npt.NDArray[np.int64] = field(repr=False)
    method: str
    reciprocal_bits: int
    shift: int

    @property
    def reads(self) -> tuple[View, ...]:
        """The views read."""
        return (self.source,)


Work = ArrayWork | SoftmaxWork


def features_of(work: Iterable[Work]) -> set[str]:
    """The features of the hardware that work needs, but for sums that pixel lanes share."""
    found = set()
    for item in work:
        if isinstance(item, SoftmaxWork):
            found.add("softmax")
            continue
        found.add("dense" if item.dense else "depthwise")
        if item.reduce_max:
            found.add("max")
        if item.second is not None:
            found.add("add" if item.alignment is None else "aligned_add")
        if item.double_rounding:
            found.add("double_rounding")
        if item.table is not None:
            found.add("lookup")
    return found
