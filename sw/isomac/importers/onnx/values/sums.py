"""Values that are added up from others without weights, and softmax."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from isomac.graph.operators.softmax import SOFTMAX_SCALE, SOFTMAX_ZERO_POINT
from isomac.graph.tensor import Tensor
from isomac.importers.onnx.quantization import UNBOUNDED, Bounds, Quantization
from isomac.importers.onnx.values.affine import Affine
from isomac.importers.onnx.values.base import Emitter, Operand, Real, clamp_bounds, scaled_bounds
from isomac.lowering.elementwise import add
from isomac.lowering.pooling import Span, average_pool, average_windows
from isomac.lowering.softmax import softmax


@dataclass(frozen=True, eq=False)
class Sum(Real):
    """`a + b`, within bounds."""

    a: Operand
    b: Operand
    bounds: Bounds = UNBOUNDED

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        result = emitter.result(self, target, self.bounds)
        add(emitter.site(self.node), self.a.scaled, self.b.scaled, result)
        return result.tensor

    def clamped(self, bounds: Bounds) -> Real:
        return replace(self, bounds=clamp_bounds(self.bounds, bounds))

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        if gains.ndim or gains <= 0:
            return None
        gain = float(gains)
        a, b = (replace(operand, gain=operand.gain * gain) for operand in (self.a, self.b))
        return replace(self, a=a, b=b, bounds=scaled_bounds(self.bounds, gain))


@dataclass(frozen=True, eq=False)
class Average(Real):
    """Means of windows, within bounds.

    Members
    -------
    operand
        What is read.
    rows, columns
        The window of each output row and column, (start, stop); beyond the map is padding.
    divisors
        int64 (rows, columns).
    """

    operand: Operand
    rows: tuple[Span, ...]
    columns: tuple[Span, ...]
    divisors: npt.NDArray[np.int64]
    bounds: Bounds = UNBOUNDED

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        site, operand = emitter.site(self.node), self.operand.scaled
        result = emitter.result(self, target, self.bounds)
        sizes = operand.shape[1:]
        regular = [
            _regular(spans, size)
            for spans, size in zip((self.rows, self.columns), sizes, strict=True)
        ]
        y, x = regular
        if y is not None and x is not None and (self.divisors == self.divisors[0, 0]).all():
            average_pool(
                site,
                operand,
                result,
                kernel=(y[0], x[0]),
                stride=(y[1], x[1]),
                padding=(y[2], x[2], y[3], x[3]),
                divisor=int(self.divisors[0, 0]),
            )
            return result.tensor
        rows, columns = (
            [(max(0, start), min(stop, size)) for start, stop in spans]
            for spans, size in zip((self.rows, self.columns), sizes, strict=True)
        )
        average_windows(site, operand, result, rows=rows, columns=columns, divisors=self.divisors)
        return result.tensor

    def clamped(self, bounds: Bounds) -> Real:
        return replace(self, bounds=clamp_bounds(self.bounds, bounds))

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        if gains.ndim or gains <= 0:
            return None
        gain = float(gains)
        return replace(
            self,
            operand=replace(self.operand, gain=self.operand.gain * gain),
            bounds=scaled_bounds(self.bounds, gain),
        )


def _regular(spans: tuple[Span, ...], size: int) -> tuple[int, int, int, int] | None:
    """Return kernel, stride, padding before and behind, if all windows follow them."""
    start, stop = spans[0]
    kernel = stop - start
    stride = spans[1][0] - start if len(spans) > 1 else kernel
    behind = max(0, spans[-1][1] - size)
    last = (size - start + behind - kernel) // stride + 1
    expected = tuple((start + i * stride, start + i * stride + kernel) for i in range(len(spans)))
    if spans != expected or start > 0 or last != len(spans) or max(-start, behind) >= kernel:
        return None
    return kernel, stride, -start, behind


@dataclass(frozen=True, eq=False)
class ChannelSoftmax(Real):
    """Softmax over the channels; its steps are fixed, for others they are changed behind it."""

    operand: Operand

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        own = Quantization(SOFTMAX_SCALE, SOFTMAX_ZERO_POINT)
        if target == own:
            output = emitter.result(self, target).tensor
            softmax(emitter.site(self.node), self.operand.scaled, output)
            return output
        emitter.remarks.append(
            f"{self.node} is rounded twice, to 1/256 and to {target.scale:g}; a QuantizeLinear with"
            f" the scale 1/256 and the smallest zero point would avoid it"
        )
        whole = emitter.quantize(self, own)
        return Affine(self.node, self.shape, whole).emit(emitter, target)

    def natural(self) -> Quantization | None:
        return Quantization(SOFTMAX_SCALE, SOFTMAX_ZERO_POINT)
