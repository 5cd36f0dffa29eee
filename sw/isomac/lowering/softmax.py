"""Softmax with a table for the exponential."""

from isomac.graph.operators.softmax import (
    SOFTMAX_RECIPROCAL_BITS,
    SOFTMAX_SHIFT,
    Softmax,
    softmax_table,
)
from isomac.graph.tensor import Tensor
from isomac.lowering.builder import Site


def softmax(site: Site, operand: Tensor, output: Tensor) -> None:
    """Append a softmax over the channels; the output has `SOFTMAX_SCALE`, `SOFTMAX_ZERO_POINT`."""
    site.emit(
        Softmax,
        [operand],
        output,
        table=softmax_table(operand.scale),
        reciprocal_bits=SOFTMAX_RECIPROCAL_BITS,
        shift=SOFTMAX_SHIFT,
    )
