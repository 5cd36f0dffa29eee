"""Steps of activations: scale and zero point of a QuantizeLinear, in the int8 of the graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isomac.graph.limits import INT8_MAX, INT8_MIN

#: Real bounds of a value that is not clamped.
UNBOUNDED = (-np.inf, np.inf)

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Quantization:
    """How real values become int8.

    Members
    -------
    scale
        Real value of one step.
    zero_point
        The int8 value that stands for 0.0; unsigned types are shifted by 128.
    low, high
        The values that are in use, as a Clip behind the QuantizeLinear leaves them.
    """

    scale: float
    zero_point: int
    low: int = INT8_MIN
    high: int = INT8_MAX

    def steps(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
        """Return real values in steps as ONNX defines it: float32, half to even, saturating."""
        steps = np.rint(values.astype(np.float32) / np.float32(self.scale)) + np.float32(
            self.zero_point
        )
        return np.clip(steps, self.low, self.high).astype(np.int8)

    def clamp(self, bounds: Bounds) -> tuple[int, int]:
        """Return the smallest and the largest step of a value within real bounds.

        Quantization is monotone, so that clamping after it is the same as clamping before.
        """
        low, high = self.steps(np.array(bounds, np.float32)).tolist()
        return min(low, high), high

    def same_steps(self, scale: float, zero_point: int) -> bool:
        """Return whether these are the steps of a tensor."""
        return (self.scale, self.zero_point) == (scale, zero_point)
