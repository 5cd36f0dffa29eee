"""Sizing: which accelerator a network needs, which FPGA, how fast it will be, and why."""
