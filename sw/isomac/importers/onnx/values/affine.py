"""Values that are a tensor times a factor: what a DequantizeLinear gives, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from isomac.graph.tensor import Tensor
from isomac.importers.onnx.quantization import UNBOUNDED, Bounds, Quantization
from isomac.importers.onnx.values.base import (
    Emitter,
    Function,
    Operand,
    Real,
    clamp_bounds,
    scaled_bounds,
)
from isomac.lowering.builder import Result
from isomac.lowering.elementwise import clamp, scale
from isomac.lowering.moves import reshape
from isomac.lowering.weighted import Weights, convolution

#: Every value of a byte.
_BYTES = np.arange(-128, 128)


@dataclass(frozen=True, eq=False)
class Affine(Real):
    """`gain * scale * (x - zero_point)` of a tensor, within bounds."""

    tensor: Tensor
    gain: float = 1.0
    bounds: Bounds = UNBOUNDED

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        same = target.same_steps(self.tensor.scale * self.gain, self.tensor.zero_point)
        if same and target.clamp(self.bounds) == (-128, 127):
            return self.tensor
        result = emitter.result(self, target, self.bounds)
        if same:
            clamp(emitter.site(self.node), self.tensor, result)
        else:
            emitter.spend(self.node, 16 * self.shape[0])
            scale(emitter.site(self.node), self.tensor, result, self.gain)
        return result.tensor

    def find_operand(self, emitter: Emitter) -> Operand | None:
        if self.gain == 0:
            return None
        if self.gain > 0 and self.bounds == UNBOUNDED:
            return Operand(self.tensor, self.gain)
        # A negative factor turns the steps around: -1 - x for x.
        point = self.tensor.zero_point if self.gain > 0 else -1 - self.tensor.zero_point
        steps = Quantization(self.tensor.scale * abs(self.gain), point)
        return Operand(emitter.quantize(self, steps))

    def clamped(self, bounds: Bounds) -> Real:
        return replace(self, bounds=clamp_bounds(self.bounds, bounds))

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        if gains.ndim == 0:
            gain = float(gains)
            return replace(self, gain=self.gain * gain, bounds=scaled_bounds(self.bounds, gain))
        return self._per_channel(self.gain * gains, np.zeros_like(gains))

    def added(self, offsets: npt.NDArray[np.float64]) -> Real | None:
        if offsets.ndim == 0:
            offset = np.float32(offsets)
            return self.mapped(lambda values: values + offset, "add")
        return self._per_channel(np.full_like(offsets, self.gain), offsets)

    def mapped(self, function: Function, name: str) -> Real:
        from isomac.importers.onnx.values.table import Table

        return Table(
            self.node, self.shape, self.tensor, function(self.values()).astype(np.float32), name
        )

    def natural(self) -> Quantization | None:
        if self.gain <= 0:
            return None
        return Quantization(self.tensor.scale * self.gain, self.tensor.zero_point)

    def values(self) -> npt.NDArray[np.float32]:
        """Return the value for every byte from -128 on, in the arithmetic of ONNX."""
        real = (_BYTES - self.tensor.zero_point).astype(np.float32) * np.float32(self.tensor.scale)
        if self.gain != 1:
            real = real * np.float32(self.gain)
        return np.clip(real, *np.array(self.bounds, np.float32))

    def _per_channel(
        self, gains: npt.NDArray[np.float64], offsets: npt.NDArray[np.float64]
    ) -> Real | None:
        if self.bounds != UNBOUNDED:
            return None
        return PerChannel(self.node, self.shape, self.tensor, gains, offsets)


@dataclass(frozen=True, eq=False)
class PerChannel(Real):
    """`gain * scale * (x - zero_point) + offset` with constants for each channel, within bounds."""

    tensor: Tensor
    gains: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.float64]
    bounds: Bounds = UNBOUNDED

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        emitter.spend(self.node, 24 * self.shape[0])
        result = emitter.result(self, target, self.bounds)
        if self.offsets.any():
            self._emit_depthwise(emitter, target, result)
        else:
            scale(emitter.site(self.node), self.tensor, result, self.gains)
        return result.tensor

    def clamped(self, bounds: Bounds) -> Real:
        return replace(self, bounds=clamp_bounds(self.bounds, bounds))

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        if self.bounds != UNBOUNDED:
            return None
        return replace(self, gains=self.gains * gains, offsets=self.offsets * gains)

    def added(self, offsets: npt.NDArray[np.float64]) -> Real | None:
        if self.bounds != UNBOUNDED:
            return None
        return replace(self, offsets=self.offsets + offsets)

    def _emit_depthwise(self, emitter: Emitter, target: Quantization, result: Result) -> None:
        """Append a depthwise 1x1 convolution, whose bias is the offset."""
        site, channels = emitter.site(self.node), self.shape[0]
        operand, output = self.tensor, result.tensor
        if len(self.shape) == 1:
            operand = site.like(f"{output.name}.in", (channels, 1, 1), operand)
            reshape(site, self.tensor, operand)
            result = replace(
                result, tensor=site.like(f"{output.name}.out", (channels, 1, 1), output)
            )
        # A weight has 7 bits, but no smaller steps than leave the bias 30 bits.
        steps = np.maximum(
            np.abs(self.gains) / 127,
            np.maximum(
                np.abs(self.offsets) / operand.scale / 2.0**30,
                target.scale / operand.scale * 2.0**-20,
            ),
        )
        weights = np.rint(self.gains / steps).astype(np.int8).reshape(-1, 1, 1, 1)
        bias = np.rint(self.offsets / (operand.scale * steps)).astype(np.int32)
        convolution(
            site,
            operand,
            result,
            Weights(weights, steps, bias),
            stride=(1, 1),
            dilation=(1, 1),
            padding=(0, 0, 0, 0),
            groups=channels,
        )
        if result.tensor is not output:
            reshape(site, result.tensor, output)
