"""The golden model: the integer graph evaluated with PyTorch integer arithmetic."""

from isomac.golden.borders import dequantize_output, quantize_input
from isomac.golden.evaluate import evaluate

__all__ = ["dequantize_output", "evaluate", "quantize_input"]
