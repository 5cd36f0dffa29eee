"""The integer graph: tensors, operations, their rules and their file format."""
