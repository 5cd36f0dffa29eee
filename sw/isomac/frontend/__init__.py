"""The front end: from a PyTorch network to the integer graph."""

from isomac.frontend.agreement import Agreement, agreement, agreement_by_layer
from isomac.frontend.calibration import load_calibration, load_test_data
from isomac.frontend.loading import LoadedModel, load_model
from isomac.frontend.pipeline import Quantized, quantize, quantize_with_reference

__all__ = [
    "Agreement",
    "LoadedModel",
    "Quantized",
    "agreement",
    "agreement_by_layer",
    "load_calibration",
    "load_model",
    "load_test_data",
    "quantize",
    "quantize_with_reference",
]
