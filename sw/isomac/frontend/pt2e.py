"""The names of torchao's pt2e quantization that the front end uses, imported without its noise.

torchao reports, each time it is imported, that compiled kernels for hardware nobody uses here
cannot be loaded, and that it calls a deprecated registration of PyTorch. Neither concerns a user of
isomac.
"""

import torch

from isomac.frontend.quiet import quiet_loggers

with quiet_loggers("torchao", "torch.utils._pytree"):
    from torchao.quantization.pt2e.observer import (
        MinMaxObserver,
        ObserverBase,
        PerChannelMinMaxObserver,
    )
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torchao.quantization.pt2e.quantizer import (
        DerivedQuantizationSpec,
        FixedQParamsQuantizationSpec,
        QuantizationAnnotation,
        QuantizationSpec,
        QuantizationSpecBase,
        Quantizer,
        SharedQuantizationSpec,
    )

#: What stands behind every value of a converted graph; registered by the imports above.
QUANTIZE = torch.ops.quantized_decomposed.quantize_per_tensor.default

__all__ = [
    "QUANTIZE",
    "DerivedQuantizationSpec",
    "FixedQParamsQuantizationSpec",
    "MinMaxObserver",
    "ObserverBase",
    "PerChannelMinMaxObserver",
    "QuantizationAnnotation",
    "QuantizationSpec",
    "QuantizationSpecBase",
    "Quantizer",
    "SharedQuantizationSpec",
    "convert_pt2e",
    "prepare_pt2e",
]
