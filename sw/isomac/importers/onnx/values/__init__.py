"""What the values of an ONNX graph are before they become tensors of the integer graph.

A real value is not computed where it stands in the file. It remembers how it comes about, and takes
in what follows, such as a ReLU, a batch norm or a change of shape, until a QuantizeLinear says in
which steps it is wanted: then its operations are appended.
"""
