"""What calibration remembers of activations and weights, and the scales that follow from it."""

from typing import Any

import torch

from isomac.frontend.pt2e import (
    MinMaxObserver,
    PerChannelMinMaxObserver,
    QuantizationSpec,
)

#: Smallest scale of an activation. Below it there is nothing but noise, and the products and
#: quotients of scales stay far from the limits of float32.
SMALLEST_SCALE = 2.0**-40

#: Largest magnitude of a weight. With -128 left out, a product of two int8 fits 15 bits.
WEIGHT_MAX = 127


class ActivationObserver(MinMaxObserver):
    """Remembers the smallest and the largest value; int8, affine, 0.0 is representable.

    A value that calibration never moves away from 0 has no range to derive a scale from; it gets
    the scale 1. The range is widened by the share `margin`, 0 at first.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(eps=SMALLEST_SCALE, **options)
        self.margin = 0.0

    @property
    def is_finite(self) -> bool:
        """False if an infinity or NaN came by."""
        return bool(torch.isfinite(self.min_val) and torch.isfinite(self.max_val))

    @property
    def scale(self) -> float:
        """Real value of one step."""
        return float(self.calculate_qparams()[0])

    def calculate_qparams(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scale float32 (1) and zero point int (1)."""
        if self.min_val == 0 and self.max_val == 0:
            return torch.ones(1), torch.zeros(1, dtype=torch.int64)
        widened = 1 + self.margin
        scale, zero_point = self._calculate_qparams(self.min_val * widened, self.max_val * widened)
        return scale, zero_point


class PerChannelWeightObserver(PerChannelMinMaxObserver):
    """Remembers the largest magnitude of each output channel; int8 in [-127, 127], symmetric.

    `floor`, if it is set, is a lower bound of each scale, float32 (O).
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.floor: torch.Tensor | None = None

    def natural_scale(self) -> torch.Tensor:
        """Return largest magnitude over 127, float32 (O); 0 for a channel without weights."""
        return torch.maximum(-self.min_val, self.max_val).clamp(min=0) / WEIGHT_MAX

    def calculate_qparams(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scale float32 (O), positive, and zero point int64 (O), all 0."""
        scale = self.natural_scale()
        scale = scale.clamp(min=SMALLEST_SCALE) if self.floor is None else scale.max(self.floor)
        return scale, torch.zeros_like(scale, dtype=torch.int64)


ACTIVATION = QuantizationSpec(
    dtype=torch.int8,
    quant_min=-128,
    quant_max=127,
    qscheme=torch.per_tensor_affine,
    observer_or_fake_quant_ctr=ActivationObserver,
)

WEIGHT = QuantizationSpec(
    dtype=torch.int8,
    quant_min=-WEIGHT_MAX,
    quant_max=WEIGHT_MAX,
    qscheme=torch.per_channel_symmetric,
    ch_axis=0,
    observer_or_fake_quant_ctr=PerChannelWeightObserver,
)
