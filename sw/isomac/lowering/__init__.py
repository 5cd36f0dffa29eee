"""From real arithmetic between quantized values to operations of the integer graph.

Every front end that reads a graph of quantize and dequantize nodes, PyTorch's or ONNX's, calls the
functions of this package: here alone scales become multipliers and shifts.
"""
