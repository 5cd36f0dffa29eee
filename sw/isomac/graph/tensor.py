"""One int8 tensor of the integer graph."""

import math
import reprlib
from dataclasses import dataclass

from isomac.errors import GraphError
from isomac.graph.fields import Integer, check_name
from isomac.graph.limits import (
    DIMENSION_MAX,
    ELEMENTS_MAX,
    INT8_MAX,
    INT8_MIN,
    SCALE_MAX,
    SCALE_MIN,
)

_DIMENSION = Integer(1, DIMENSION_MAX)
_ZERO_POINT = Integer(INT8_MIN, INT8_MAX)


@dataclass(frozen=True)
class Tensor:
    """Name, shape and quantization of one int8 tensor.

    Parameters
    ----------
    name
        Unique within its graph, printable, not empty.
    shape
        `(C, H, W)` or `(F,)`, without the batch dimension.
    scale
        Real value of one step, in [2**-64, 2**64]: `real = scale * (value - zero_point)`. No
        arithmetic inside the graph reads it.
    zero_point
        The int8 value that stands for 0.0.

    Raises
    ------
    GraphError
        If one of the fields is not of the form above.
    """

    name: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int

    def __post_init__(self) -> None:
        check_name(self.name, "the name of a tensor")
        where = f"tensor {self.name!r}"
        if not isinstance(self.shape, (tuple, list)) or len(self.shape) not in (1, 3):
            raise GraphError(
                f"{where}: shape must be (C, H, W) or (F,), not {reprlib.repr(self.shape)}"
            )
        shape = tuple(_DIMENSION.normalize(size, f"{where}: shape") for size in self.shape)
        if math.prod(shape) > ELEMENTS_MAX:
            raise GraphError(f"{where}: shape {shape} holds more than {ELEMENTS_MAX} values")
        scale = self.scale
        if isinstance(scale, bool) or not isinstance(scale, (int, float)):
            raise GraphError(f"{where}: scale must be a number, not {reprlib.repr(scale)}")
        if not SCALE_MIN <= scale <= SCALE_MAX:
            raise GraphError(
                f"{where}: scale must be in [2**-64, 2**64], not {reprlib.repr(scale)}"
            )
        zero_point = _ZERO_POINT.normalize(self.zero_point, f"{where}: zero_point")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "scale", float(scale))
        object.__setattr__(self, "zero_point", zero_point)

    @property
    def elements(self) -> int:
        """Number of values."""
        return math.prod(self.shape)
