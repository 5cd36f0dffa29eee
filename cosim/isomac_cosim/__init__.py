"""Co-simulation of a bundle: runs its Verilog and compares every byte with what is expected.

Knows nothing of models; a bundle folder is all it reads.
"""
