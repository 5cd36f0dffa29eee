"""Results of convolutions and linear layers, with what is folded into their weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.tensor import Tensor
from isomac.importers.onnx.quantization import UNBOUNDED, Bounds, Quantization
from isomac.importers.onnx.values.base import Emitter, Operand, Real, clamp_bounds
from isomac.importers.onnx.values.wide import split_weights
from isomac.lowering.builder import Site
from isomac.lowering.weighted import Weights, convolution, linear

#: Steps of the bias of a channel without weights, in those of the result.
_IDLE_STEP = 2.0**-8
#: Largest bias.
_BIAS_MAX = 2.0**31 - 1


@dataclass(frozen=True)
class Geometry:
    """The window of a convolution; all as (y, x), padding (top, left, bottom, right)."""

    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, int, int, int]
    groups: int


@dataclass(frozen=True, eq=False)
class Weighted(Real):
    """`bias + sum w * x`, within bounds.

    Members
    -------
    operand
        What is read.
    integers
        int16 (O, ...) in [-255, 255], weights less their zero point.
    scales
        float64 (O), of one step of the weights.
    bias
        float64 (O), real.
    bias_steps
        int64 (O), the bias in steps of operand times weight, where the file has it so.
    geometry
        Of a convolution; None for a linear layer.
    """

    operand: Operand
    integers: npt.NDArray[np.integer[Any]]
    scales: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]
    bias_steps: npt.NDArray[np.int64] | None
    geometry: Geometry | None
    bounds: Bounds = UNBOUNDED

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        if self.bias_steps is None and self.bias.any():
            finer = self._finer()
            if finer is not self:
                return finer.emit(emitter, target)
        emitter.spend(self.node, 2 * self.integers.size)
        site, operand = emitter.site(self.node), self.operand.scaled
        scales, bias = self._constants(operand.scale, target)
        groups = 1 if self.geometry is None else self.geometry.groups
        read, integers = split_weights(site, operand, self.integers, groups)
        weights = Weights(integers, scales, bias)
        result = emitter.result(self, target, self.bounds)
        if self.geometry is None:
            linear(site, read, result, weights)
            return result.tensor
        read, padding = self._padded(site, read)
        convolution(
            site,
            read,
            result,
            weights,
            stride=self.geometry.stride,
            dilation=self.geometry.dilation,
            padding=padding,
            groups=groups,
        )
        return result.tensor

    def clamped(self, bounds: Bounds) -> Real:
        return replace(self, bounds=clamp_bounds(self.bounds, bounds))

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        if self.bounds != UNBOUNDED:
            return None
        gains = np.broadcast_to(gains, self.scales.shape)
        signs = np.sign(gains).astype(np.int16).reshape(-1, *[1] * (self.integers.ndim - 1))
        return replace(
            self,
            integers=self.integers * signs,
            scales=np.where(gains == 0, self.scales, self.scales * np.abs(gains)),
            bias=self.bias * gains,
            bias_steps=None,
        )

    def added(self, offsets: npt.NDArray[np.float64]) -> Real | None:
        if self.bounds != UNBOUNDED:
            return None
        return replace(self, bias=self.bias + offsets, bias_steps=None)

    def _finer(self) -> Weighted:
        """Return the same layer with weights as large as 8 bits allow, for a finer bias.

        A real bias is rounded to steps of operand times weight. Weights of few bits have steps so
        coarse that the result would show it.
        """
        largest = np.abs(self.integers.reshape(len(self.integers), -1)).max(axis=1)
        factor = np.where(largest == 0, 1, np.maximum(1, 127 // np.maximum(largest, 1)))
        if (factor == 1).all():
            return self
        shape = (-1, *[1] * (self.integers.ndim - 1))
        return replace(
            self,
            integers=self.integers * factor.astype(np.int16).reshape(shape),
            scales=self.scales / factor,
        )

    def _constants(
        self, operand_scale: float, target: Quantization
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
        """Return the scales of the weights, and the bias in steps of the products."""
        scales, steps = self.scales, self.bias_steps
        # A channel without weights may have any scale: one that suits its bias.
        idle = ~self.integers.reshape(len(self.integers), -1).any(axis=1)
        suited = np.where(idle, target.scale * _IDLE_STEP / operand_scale, scales)
        if steps is None or (idle & ((np.abs(steps) > _BIAS_MAX) | (scales < 2.0**-60))).any():
            exact = steps
            scales = suited
            steps = np.rint(self.bias / (operand_scale * scales))
            if exact is not None:
                steps = np.where(idle, steps, exact)
        large = np.flatnonzero(~(np.abs(steps) <= _BIAS_MAX))
        if len(large):
            raise self.node.refuse(
                f"the bias of output channel {large[0]} is {self.bias[large[0]]:g}, more than 32"
                f" bits in steps of {operand_scale * scales[large[0]]:g}, the product of the scales"
                f" of input and weight"
            )
        return scales, steps.astype(np.int32)

    def _padded(self, site: Site, read: Tensor) -> tuple[Tensor, tuple[int, int, int, int]]:
        """Return the operand and the padding that is left to the convolution.

        Padding as wide as the kernel is written around the map beforehand.
        """
        from isomac.lowering.moves import pad

        assert self.geometry is not None
        padding = self.geometry.padding
        kernel = self.integers.shape[2:]
        extents = [(k - 1) * d + 1 for k, d in zip(kernel, self.geometry.dilation, strict=True)]
        if all(p < extents[axis % 2] for axis, p in enumerate(padding)):
            return read, padding
        channels, height, width = read.shape
        top, left, bottom, right = padding
        shape = channels, top + height + bottom, left + width + right
        framed = site.builder.tensor(
            f"{self.node.name}.pad", shape, self.operand.tensor.scale, read.zero_point
        )
        pad(site, read, framed, padding, read.zero_point)
        return replace(framed, scale=read.scale), (0, 0, 0, 0)
