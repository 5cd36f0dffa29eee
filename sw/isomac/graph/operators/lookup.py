"""Any function of one value, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from isomac.graph.fields import Array, Text
from isomac.graph.operation import Operation, Shape


@dataclass(frozen=True, eq=False, kw_only=True)
class Lookup(Operation):
    """`table[x + 128]`.

    Parameters
    ----------
    function
        What the table holds, for people: "logistic", "tanh".
    table
        int8 (256), the result for each byte from -128 on.
    """

    function: Annotated[str, Text()]
    table: Annotated[npt.NDArray[np.int8], Array("int8", 1, shape=(256,))]

    @property
    def label(self) -> str:
        return self.function

    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        return tuple(input_shapes[0])
