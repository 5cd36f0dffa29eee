"""Bit-exact MAC-array accelerators from quantized PyTorch networks."""
