"""Values that are a function of single bytes of a tensor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from isomac.graph.tensor import Tensor
from isomac.importers.onnx.quantization import Bounds, Quantization
from isomac.importers.onnx.values.affine import Affine
from isomac.importers.onnx.values.base import Emitter, Function, Real
from isomac.lowering.elementwise import lookup

#: Most tensors that are looked at for a common one.
_SOURCES_MAX = 8

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Table(Real):
    """Any function of a tensor: its 256 real values.

    Members
    -------
    tensor
        What the function is applied to.
    values
        float32 (256), for the bytes from -128 on.
    function
        What people call it.
    """

    tensor: Tensor
    values: Values
    function: str

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        if np.isnan(self.values).any():
            raise self.node.refuse(
                f"{self.function} is not defined for all values of {self.tensor.name!r}"
            )
        result = emitter.result(self, target)
        table = target.steps(self.values)
        lookup(emitter.site(self.node), self.tensor, result.tensor, self.function, table)
        emitter.lookups[result.tensor.name] = self.tensor, table
        return result.tensor

    def clamped(self, bounds: Bounds) -> Real:
        low, high = np.array(bounds, np.float32)
        return replace(self, values=np.clip(self.values, low, high))

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        if gains.ndim:
            return None
        gain = np.float32(gains)
        return self.mapped(lambda values: values * gain, self.function)

    def added(self, offsets: npt.NDArray[np.float64]) -> Real | None:
        if offsets.ndim:
            return None
        offset = np.float32(offsets)
        return self.mapped(lambda values: values + offset, self.function)

    def mapped(self, function: Function, name: str) -> Real:
        return replace(self, values=function(self.values).astype(np.float32), function=name)

    def natural(self) -> Quantization | None:
        if not np.isfinite(self.values).all():
            return None
        low, high = min(0.0, float(self.values.min())), max(0.0, float(self.values.max()))
        scale = float(np.float32((high - low) / 255)) or 1.0
        return Quantization(scale, round(-128 - low / scale))


def combined(a: Real, b: Real, emitter: Emitter, function: np.ufunc, name: str) -> Table | None:
    """Return a function of two values that both depend on single bytes of the same tensor.

    A hard swish comes as the product of x and of a table of x, for instance.
    """
    if a.shape != b.shape:
        return None
    sources = {tensor.name: values for tensor, values in _sources(b, emitter)}
    for tensor, values in _sources(a, emitter):
        if tensor.name in sources:
            result = function(values, sources[tensor.name]).astype(np.float32)
            return Table(a.node, a.shape, tensor, result, name)
    return None


def _sources(real: Real, emitter: Emitter) -> list[tuple[Tensor, Values]]:
    """Return each tensor that determines `real` byte by byte, nearest first, and how."""
    if isinstance(real, Affine):
        tensor, values = real.tensor, real.values()
    elif isinstance(real, Table):
        tensor, values = real.tensor, real.values
    else:
        return []
    found = [(tensor, values)]
    while tensor.name in emitter.lookups and len(found) < _SOURCES_MAX:
        tensor, table = emitter.lookups[tensor.name]
        values = values[table.astype(np.int64) + 128]
        found.append((tensor, values))
    return found
