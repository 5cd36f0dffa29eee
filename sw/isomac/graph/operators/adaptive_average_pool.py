"""Mean over windows that differ from output to output."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from isomac.errors import GraphError
from isomac.graph.fields import Array, Boolean, Int8, Rounding, Spans
from isomac.graph.graph import Graph
from isomac.graph.limits import MULTIPLIER_LIMIT, SHIFT_MAX, SHIFT_MIN
from isomac.graph.operation import Operation, Shape
from isomac.graph.rules import check_accumulator, check_clamp, largest_distance, require_map


@dataclass(frozen=True, eq=False, kw_only=True)
class AdaptiveAveragePool(Operation):
    """`rescale(sum (x - zp_in))` with a window of its own for each output pixel.

    Parameters
    ----------
    rows, columns
        (start, stop) of the window for each output row and each output column.
    multiplier, shift
        int64 (rows, columns): the rescaling of each output pixel, with 1/N of its window.
    quant_min, quant_max
        The clamp of the result, which holds a folded ReLU.
    rounding
        Of the rescaling, see `isomac.graph.limits.ROUNDINGS`.
    centered
        Whether the zero points are taken off before the sum and put on after the rescaling. If not,
        `clamp(rescale(sum x))` is computed on the bytes as they are, and padding adds nothing: a
        mean of TFLite, which rounds half away from the byte 0.
    """

    rows: Annotated[tuple[tuple[int, int], ...], Spans()]
    columns: Annotated[tuple[tuple[int, int], ...], Spans()]
    multiplier: Annotated[npt.NDArray[np.int64], Array("int64", 2, 0, MULTIPLIER_LIMIT - 1)]
    shift: Annotated[npt.NDArray[np.int64], Array("int64", 2, SHIFT_MIN, SHIFT_MAX)]
    quant_min: Int8
    quant_max: Int8
    rounding: Rounding = "single"
    centered: Annotated[bool, Boolean()] = True

    @property
    def label(self) -> str:
        return "adaptive average pool"

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        channels, height, width = require_map(self, input_shapes[0])
        for field, windows, size in (("rows", self.rows, height), ("columns", self.columns, width)):
            for start, stop in windows:
                if stop > size:
                    raise GraphError(
                        f"{self}: {field} must end within the {size} {field} of the input,"
                        f" not ({start}, {stop})"
                    )
        return channels, len(self.rows), len(self.columns)

    def check(self, graph: Graph) -> None:
        super().check(graph)
        pixels = (len(self.rows), len(self.columns))
        for field, constants in (("multiplier", self.multiplier), ("shift", self.shift)):
            if constants.shape != pixels:
                raise GraphError(f"{self}: {field} must have shape {pixels}, not {constants.shape}")
        check_clamp(self)
        heights = np.array([stop - start for start, stop in self.rows], np.int64)
        widths = np.array([stop - start for start, stop in self.columns], np.int64)
        zero_point = graph.tensor(self.inputs[0]).zero_point if self.centered else 0
        distance = largest_distance(zero_point)
        check_accumulator(self, np.outer(heights, widths) * distance, "output pixel")
