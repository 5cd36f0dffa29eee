"""Values that are picked from others, framed, joined or given another shape."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from isomac.graph.tensor import Tensor
from isomac.importers.onnx.quantization import Bounds, Quantization
from isomac.importers.onnx.values.affine import Affine
from isomac.importers.onnx.values.base import Emitter, Function, Operand, Real
from isomac.lowering.builder import Site
from isomac.lowering.moves import concatenate, pad, reshape
from isomac.lowering.pooling import max_pool


@dataclass(frozen=True, eq=False)
class Moved(Real):
    """The values of `parts` in other places; they may be quantized before as well as after."""

    parts: tuple[Real, ...]

    @cached_property
    def weight(self) -> int:
        return 1 + sum(part.weight for part in self.parts)

    @abstractmethod
    def append(self, site: Site, tensors: list[Tensor], output: Tensor) -> None:
        """Append the operation on tensors that have the steps of the output."""

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        stored = emitter.operand(self)
        if stored is not None:
            return Affine(self.node, self.shape, stored.tensor, stored.gain).emit(emitter, target)
        tensors = [emitter.quantize(part, target) for part in self.parts]
        return self._append_to(emitter, tensors)

    def find_operand(self, emitter: Emitter) -> Operand | None:
        found = [emitter.operand(part) for part in self.parts]
        operands = [operand for operand in found if operand is not None]
        if len(operands) < len(found):
            return None
        kinds = {(o.tensor.scale, o.tensor.zero_point, o.gain) for o in operands}
        if len(kinds) > 1:
            return None
        tensors = [operand.tensor for operand in operands]
        return Operand(self._append_to(emitter, tensors), operands[0].gain)

    def clamped(self, bounds: Bounds) -> Real | None:
        return self._each(lambda part: part.clamped(bounds))

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        if gains.ndim or gains <= 0:
            return None
        return self._each(lambda part: part.multiplied(gains))

    def _append_to(self, emitter: Emitter, tensors: list[Tensor]) -> Tensor:
        site = emitter.site(self.node)
        if len(self.shape) not in (1, 3):
            raise self.node.refuse(
                f"its result must be a map (C, H, W) or a vector (F,), not of shape {self.shape}"
            )
        output = site.like(self.node.name, self.shape, tensors[0])
        self.append(site, tensors, output)
        return output

    def _each(self, change: Callable[[Real], Real | None]) -> Real | None:
        changed = [change(part) for part in self.parts]
        parts = tuple(part for part in changed if part is not None)
        return replace(self, parts=parts) if len(parts) == len(changed) else None


@dataclass(frozen=True, eq=False)
class View(Moved):
    """The same values under another shape."""

    def append(self, site: Site, tensors: list[Tensor], output: Tensor) -> None:
        reshape(site, tensors[0], output)

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        if self.shape == self.parts[0].shape:
            return emitter.quantize(self.parts[0], target)
        return super().emit(emitter, target)

    def find_operand(self, emitter: Emitter) -> Operand | None:
        if self.shape == self.parts[0].shape:
            return emitter.operand(self.parts[0])
        return super().find_operand(emitter)

    def mapped(self, function: Function, name: str) -> Real | None:
        return self._each(lambda part: part.mapped(function, name))

    def added(self, offsets: npt.NDArray[np.float64]) -> Real | None:
        return None if offsets.ndim else self._each(lambda part: part.added(offsets))

    def natural(self) -> Quantization | None:
        return self.parts[0].natural()


@dataclass(frozen=True, eq=False)
class Joined(Moved):
    """Channels side by side."""

    def append(self, site: Site, tensors: list[Tensor], output: Tensor) -> None:
        concatenate(site, tensors, output)

    def mapped(self, function: Function, name: str) -> Real | None:
        return self._each(lambda part: part.mapped(function, name))


@dataclass(frozen=True, eq=False)
class Largest(Moved):
    """The maximum of windows; all as (y, x), padding (top, left, bottom, right)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, int, int, int]

    def append(self, site: Site, tensors: list[Tensor], output: Tensor) -> None:
        max_pool(
            site,
            tensors[0],
            output,
            kernel=self.kernel,
            stride=self.stride,
            dilation=self.dilation,
            padding=self.padding,
        )

    def natural(self) -> Quantization | None:
        return self.parts[0].natural()


@dataclass(frozen=True, eq=False)
class Framed(Moved):
    """A map with one real value around it; padding (top, left, bottom, right)."""

    padding: tuple[int, int, int, int]
    value: float

    def append(self, site: Site, tensors: list[Tensor], output: Tensor) -> None:
        steps = Quantization(output.scale, output.zero_point)
        byte = int(steps.steps(np.array(self.value, np.float32)))
        pad(site, tensors[0], output, self.padding, byte)

    def find_operand(self, emitter: Emitter) -> Operand | None:
        # Only 0 is sure to be a step of whatever the parts are stored in.
        return super().find_operand(emitter) if self.value == 0 else None

    def clamped(self, bounds: Bounds) -> Real | None:
        low, high = bounds
        changed = super().clamped(bounds)
        if not isinstance(changed, Framed):
            return None
        return replace(changed, value=min(max(self.value, low), high))

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        changed = super().multiplied(gains)
        return (
            replace(changed, value=self.value * float(gains))
            if isinstance(changed, Framed)
            else None
        )


@dataclass(frozen=True, eq=False)
class ChannelsLast(Real):
    """A map that the file has as (H, W, C) and the integer graph as (C, H, W)."""

    inner: Real

    def emit(self, emitter: Emitter, target: Quantization) -> Tensor:
        return emitter.quantize(self.inner, target)

    def find_operand(self, emitter: Emitter) -> Operand | None:
        raise self.node.refuse("its result is read with the channels behind the pixels")

    def clamped(self, bounds: Bounds) -> Real | None:
        return self._with(self.inner.clamped(bounds))

    def multiplied(self, gains: npt.NDArray[np.float64]) -> Real | None:
        return None if gains.ndim else self._with(self.inner.multiplied(gains))

    def added(self, offsets: npt.NDArray[np.float64]) -> Real | None:
        return None if offsets.ndim else self._with(self.inner.added(offsets))

    def mapped(self, function: Function, name: str) -> Real | None:
        return self._with(self.inner.mapped(function, name))

    def natural(self) -> Quantization | None:
        return self.inner.natural()

    def _with(self, inner: Real | None) -> Real | None:
        return None if inner is None else replace(self, inner=inner)
