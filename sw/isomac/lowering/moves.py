"""Operations that put values side by side, give them another shape, or frame them."""

from __future__ import annotations

from collections.abc import Sequence

from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.pad import Pad
from isomac.graph.operators.reshape import Reshape
from isomac.graph.tensor import Tensor
from isomac.lowering.builder import Site


def concatenate(site: Site, operands: Sequence[Tensor], output: Tensor) -> None:
    """Append a concatenation along the channels; all have the quantization of the output."""
    site.emit(Concatenate, operands, output)


def reshape(site: Site, operand: Tensor, output: Tensor) -> None:
    """Append a change of shape."""
    site.emit(Reshape, [operand], output)


def pad(
    site: Site, operand: Tensor, output: Tensor, padding: tuple[int, int, int, int], value: int
) -> None:
    """Append a frame of one byte around a map."""
    site.emit(Pad, [operand], output, padding=padding, value=value)
