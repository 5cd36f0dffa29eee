"""Gateware of the accelerator (Amaranth), and what describes it: parameters, jobs, Verilog.

Knows nothing of models. Start with :mod:`isomac_hw.parameters` and :mod:`isomac_hw.core`.
"""
